//! What the database tells, under the names of the API. Amounts are JSON numbers with all their digits; NaN and the
//! infinities, for which JSON has no numbers, are text.

use serde::Serialize;
use serde_json::{Number, Value};

/// A campaign as the preview sees it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Campaign {
    pub id: String,
    pub title: Option<String>,
    pub recorded_spent: Value,
    pub actual_spent: Value,
    pub difference: Value,
    pub needs_sync: bool,
    pub approved_clips_count: i64,
    /// Null where no budget column is known.
    pub budget: Value,
    #[serde(skip)]
    pub places: Places,
}

/// Where a campaign stands among all, from the smallest to the largest, as PostgreSQL orders them; those that are equal
/// share a place, and NULL has none.
pub type Place = Option<i64>;

#[derive(Default)]
pub struct Places {
    pub title: Place,
    pub recorded_spent: Place,
    pub actual_spent: Place,
    pub difference: Place,
    pub budget: Place,
    pub budget_used: Place,
}

/// All campaigns, as of one snapshot.
pub struct Preview {
    /// When, in ISO 8601.
    pub as_of: String,
    pub summary: Summary,
    pub campaigns: Vec<Campaign>,
}

/// Of all campaigns, whatever is selected.
#[derive(Serialize, Clone)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    pub total: i64,
    pub needs_sync: i64,
    pub in_sync: i64,
    pub total_difference: Value,
}

/// What a repair found, and what it made of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Repaired {
    pub campaign_id: String,
    pub campaign_title: Option<String>,
    pub old_spent: Value,
    pub new_spent: Value,
    pub difference: Value,
    pub approved_clips_count: i64,
}

/// What became of all.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct All {
    /// Whether every total is right now.
    pub success: bool,
    pub message: String,
    /// How many were wrong, and are corrected.
    pub synced: usize,
    pub total_difference: Value,
    /// Those that were corrected.
    pub campaigns: Vec<Repaired>,
    /// Those that could not be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<Failed>,
}

/// A campaign that could not be repaired, and why not.
#[derive(Serialize, Clone)]
#[serde(rename_all = "camelCase")]
pub struct Failed {
    pub campaign_id: String,
    pub error: String,
}

/// A row of the log.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Correction {
    /// ISO 8601, with the offset of the database's time zone.
    pub at: String,
    pub campaign_id: String,
    pub campaign_title: Option<String>,
    pub recorded_spent: Value,
    pub actual_spent: Value,
    pub found_by: String,
    pub role: String,
}

impl Repaired {
    /// Whether the total was wrong.
    pub fn is_corrected(&self) -> bool {
        self.old_spent != self.new_spent && !is_zero(&self.difference) || self.old_spent.is_null()
    }

    /// A sentence for people.
    pub fn message(&self) -> String {
        let title = self.campaign_title.as_deref().filter(|title| !title.trim().is_empty());
        let name = title.unwrap_or(&self.campaign_id);
        let new = text(&self.new_spent);
        if self.old_spent.is_null() {
            format!("{name} had no total; it is {new} now")
        } else if self.is_corrected() {
            format!("{name} is corrected from {} to {new}", text(&self.old_spent))
        } else {
            format!("{name} was in sync: {new}")
        }
    }
}

impl All {
    /// `left` is how many were not looked at any more.
    pub fn new(campaigns: Vec<Repaired>, total_difference: Value, failed: Vec<Failed>, left: usize) -> Self {
        let mut message = match (campaigns.len(), failed.len() + left) {
            (0, 0) => "every campaign was in sync".to_owned(),
            (1, _) => "1 campaign is corrected".to_owned(),
            (several, _) => format!("{several} campaigns are corrected"),
        };
        if !failed.is_empty() {
            message += &format!("; {} could not be", failed.len());
        }
        if left > 0 {
            message += &format!("; stopped with {left} to go");
        }
        Self {
            success: failed.is_empty() && left == 0,
            message,
            synced: campaigns.len(),
            total_difference,
            campaigns,
            failed,
        }
    }
}

/// An amount that PostgreSQL printed.
pub fn amount(text: Option<String>) -> Value {
    match text {
        None => Value::Null,
        Some(text) => text.parse::<Number>().map_or(Value::String(text), Value::Number),
    }
}

/// An amount as PostgreSQL reads it.
pub fn text(amount: &Value) -> String {
    match amount {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// 0, 0.00 and so on.
fn is_zero(amount: &Value) -> bool {
    text(amount).bytes().all(|byte| matches!(byte, b'0' | b'.'))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Repaired, amount, text};
    use serde_json::Value;

    #[test]
    fn amounts_keep_their_digits() {
        for digits in ["1470.39", "-0.10", "0.00", "12345678901234567890123456789012345678.90"] {
            let read = amount(Some(digits.to_owned()));
            assert!(read.is_number());
            assert_eq!(
                (serde_json::to_string(&read).unwrap(), text(&read)),
                (digits.to_owned(), digits.to_owned())
            );
        }
        assert_eq!(amount(Some("NaN".to_owned())), Value::String("NaN".to_owned()));
        assert_eq!(amount(None), Value::Null);
    }

    #[test]
    fn the_message_says_what_was_done() {
        let message = |old: Option<&str>, difference: &str| {
            let campaign_id = "c1".to_owned();
            let [old_spent, new_spent, difference] =
                [old, Some("4.50"), Some(difference)].map(|text| amount(text.map(str::to_owned)));
            let campaign_title = None;
            Repaired {
                campaign_id,
                campaign_title,
                old_spent,
                new_spent,
                difference,
                approved_clips_count: 1,
            }
            .message()
        };
        assert_eq!(message(Some("4.00"), "0.50"), "c1 is corrected from 4.00 to 4.50");
        assert_eq!(message(Some("4.50"), "0.00"), "c1 was in sync: 4.50");
        assert_eq!(message(None, "4.50"), "c1 had no total; it is 4.50 now");
    }
}
