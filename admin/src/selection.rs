//! Which campaigns of a preview are asked for, and in which order.

use crate::records::{Campaign, Place, Preview};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::time::Duration;

const LARGEST_PAGE: usize = 500;
const USUAL_PAGE: usize = 50;

/// What a preview may be asked for. With nothing asked for: every campaign, as of now, those first that are most wrong.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Selection {
    /// From 1; beyond the last one, the last one.
    page: Option<usize>,
    /// 50 unless said otherwise, 500 at most.
    page_size: Option<usize>,
    /// Only this one.
    campaign_id: Option<String>,
    /// Part of a title or of a key, in upper or lower case.
    search: String,
    /// Only those that need a sync.
    needs_sync: bool,
    sort: Sort,
    order: Option<Direction>,
    /// A preview of so many seconds ago will do.
    max_age: u32,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "camelCase")]
enum Sort {
    Title,
    RecordedSpent,
    ActualSpent,
    /// By its size, whatever its sign.
    #[default]
    Difference,
    ApprovedClipsCount,
    Budget,
    /// By the part of the budget that is spent.
    BudgetUsed,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
enum Direction {
    Asc,
    Desc,
}

/// Where a page stands among those that match.
#[derive(Serialize, Debug, PartialEq)]
pub struct Page {
    number: usize,
    size: usize,
    /// Of how many campaigns.
    matching: usize,
}

impl Selection {
    pub fn oldest(&self) -> Duration {
        Duration::from_secs(self.max_age.into())
    }

    /// Those on the page; without a page where none is asked for: all that match.
    pub fn of<'a>(&self, preview: &'a Preview) -> (Vec<&'a Campaign>, Option<Page>) {
        let search = self.search.to_lowercase();
        let mut matching: Vec<&Campaign> = preview
            .campaigns
            .iter()
            .filter(|campaign| self.matches(campaign, &search))
            .collect();
        self.sort(&mut matching);
        if self.page.is_none() && self.page_size.is_none() {
            return (matching, None);
        }
        let size = self.page_size.unwrap_or(USUAL_PAGE).clamp(1, LARGEST_PAGE);
        let last = matching.len().div_ceil(size).max(1);
        let page = Page {
            number: self.page.unwrap_or(1).clamp(1, last),
            size,
            matching: matching.len(),
        };
        let skipped = (page.number - 1).saturating_mul(page.size);
        let on_page = matching.into_iter().skip(skipped).take(page.size).collect();
        (on_page, Some(page))
    }

    fn matches(&self, campaign: &Campaign, search: &str) -> bool {
        let has = |text: &str| text.to_lowercase().contains(search);
        (campaign.needs_sync || !self.needs_sync)
            && self.campaign_id.as_ref().is_none_or(|id| *id == campaign.id)
            && (has(&campaign.id) || campaign.title.as_deref().is_some_and(has))
    }

    /// What has no place stands last in either direction; what shares one goes by title, then by key.
    fn sort(&self, campaigns: &mut [&Campaign]) {
        let usual = match self.sort {
            Sort::Title => Direction::Asc,
            _ => Direction::Desc,
        };
        let direction = self.order.unwrap_or(usual);
        campaigns.sort_by_cached_key(|campaign| {
            let place = self.place(campaign);
            let place = match direction {
                Direction::Asc => (place.is_none(), place, Reverse(None)),
                Direction::Desc => (place.is_none(), None, Reverse(place)),
            };
            (place, campaign.places.title, campaign.id.clone())
        });
    }

    fn place(&self, campaign: &Campaign) -> Place {
        let places = &campaign.places;
        match self.sort {
            Sort::Title => places.title,
            Sort::RecordedSpent => places.recorded_spent,
            Sort::ActualSpent => places.actual_spent,
            Sort::Difference => places.difference,
            Sort::ApprovedClipsCount => Some(campaign.approved_clips_count),
            Sort::Budget => places.budget,
            Sort::BudgetUsed => places.budget_used,
        }
    }
}
