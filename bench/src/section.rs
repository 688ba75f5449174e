//! What the rounds of one work gave, a line for each contender.

use crate::contenders::Contender;
use crate::run::{Measured, Outcome};
use crate::statistics::median;
use crate::work::{Target, Work};

#[derive(Clone, Debug)]
pub struct Line {
    pub label: String,
    pub contender: Option<Contender>,
    /// A value a round: per second, or milliseconds where the work counts those.
    pub values: Vec<f64>,
    /// Each value over that of no trigger (or of the statement by hand) in the same round.
    pub ratios: Vec<f64>,
    pub first_ms: Vec<f64>,
    /// The most campaigns that had drifted after a round; None: does not keep totals, or keeps none here.
    pub drifted: Option<i64>,
    pub retries: u64,
    pub stopped: bool,
    pub note: Option<String>,
    pub target: Target,
}

impl Line {
    pub fn new(label: &str, contender: Option<Contender>, target: Target) -> Line {
        Line {
            label: label.to_owned(),
            contender,
            values: Vec::new(),
            ratios: Vec::new(),
            first_ms: Vec::new(),
            drifted: None,
            retries: 0,
            stopped: false,
            note: None,
            target,
        }
    }

    /// The line of a contender of a work; the target stands at the line it is for.
    pub fn of(work: &Work, contender: Contender) -> Line {
        let target = match work.target {
            Target::AtLeast(whose, _) if whose != contender => Target::None,
            Target::TimesRowAdds(_) if contender != Contender::SpendSync => Target::None,
            Target::TimesOne(_) if contender != Contender::SpendSyncTwo => Target::None,
            target => target,
        };
        Line::new(contender.label(), Some(contender), target)
    }

    pub fn add(&mut self, outcome: Outcome, base: Option<f64>) {
        match outcome {
            Outcome::Skipped(why) => self.note = Some(why),
            Outcome::Measured(measured) => self.add_measured(&measured, base),
        }
    }

    fn add_measured(&mut self, measured: &Measured, base: Option<f64>) {
        self.values.push(measured.rate);
        self.ratios.push(base.map_or(1.0, |base| measured.rate / base));
        self.first_ms
            .extend(measured.first.map(|first| first.as_secs_f64() * 1e3));
        self.drifted = self.drifted.max(Some(measured.drifted));
        self.retries += measured.retries;
        self.stopped |= measured.stopped;
        if measured.stopped {
            self.note = Some(format!(
                "stopped after {:.0} s, nothing written",
                measured.took.as_secs_f64()
            ));
        }
    }

    pub fn ratio(&self) -> Option<f64> {
        median(&self.ratios)
    }

    pub fn is_ours(&self) -> bool {
        self.contender.is_some_and(Contender::is_ours)
    }

    pub fn is_rival(&self) -> bool {
        self.contender.is_some_and(Contender::is_rival)
    }
}

#[derive(Clone, Debug)]
pub struct Section {
    pub work: Work,
    pub lines: Vec<Line>,
}

impl Section {
    pub fn line(&self, contender: Contender) -> Option<&Line> {
        self.lines.iter().find(|line| line.contender == Some(contender))
    }

    fn before(&self, line: &Line) -> Option<&Line> {
        let place = self.lines.iter().position(|one| one.label == line.label)?;
        self.lines.get(place.checked_sub(1)?)
    }

    /// What is asked of a line, and whether it is reached; None where nothing is asked, or nothing can be said.
    pub fn verdict(&self, line: &Line) -> Option<(String, bool)> {
        let ratio = line.ratio()?;
        match line.target {
            Target::None => None,
            Target::AtLeast(_, least) => Some((format!("≥ {least:.2}"), ratio >= least)),
            Target::AtMost(most) => Some((format!("≤ {most:.2}"), ratio <= most)),
            Target::Milliseconds(most) => Some((format!("≤ {most:.0} ms"), median(&line.values)? <= most)),
            Target::Adds(most) => {
                let adds = median(&line.values)? - median(&self.before(line)?.values)?;
                Some((format!("≤ {most:.0} ms more, is {adds:.2}"), adds <= most))
            }
            Target::TimesOne(least) => {
                let times = ratio / self.line(Contender::SpendSync)?.ratio()?;
                Some((format!("≥ {least:.2}x one total, is {times:.2}x"), times >= least))
            }
            Target::TimesRowAdds(least) => {
                let times = ratio / self.line(Contender::RowAdds)?.ratio()?;
                Some((
                    format!("≥ {least:.2}x the row trigger that adds, is {times:.2}x"),
                    times >= least,
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Section};
    use crate::contenders::Contender;
    use crate::work::{Target, WORKS};

    fn line(contender: Contender, target: Target, ratio: f64) -> Line {
        let mut line = Line::new(contender.label(), Some(contender), target);
        line.ratios.push(ratio);
        line
    }

    #[test]
    fn verdicts_compare_with_their_target() {
        let ours = Contender::SpendSync;
        let section = Section {
            work: WORKS[0],
            lines: vec![line(Contender::RowAdds, Target::None, 0.5)],
        };
        let reached = |target, ratio| section.verdict(&line(ours, target, ratio)).map(|verdict| verdict.1);
        assert_eq!(reached(Target::None, 1.0), None);
        assert_eq!(reached(Target::AtLeast(ours, 0.6), 0.6), Some(true));
        assert_eq!(reached(Target::AtLeast(ours, 0.6), 0.59), Some(false));
        assert_eq!(reached(Target::AtMost(1.15), 1.2), Some(false));
        assert_eq!(reached(Target::TimesRowAdds(1.0), 0.5), Some(true));
        assert_eq!(reached(Target::TimesRowAdds(1.0), 0.49), Some(false));

        let milliseconds = |label, target, value| {
            let mut line = Line::new(label, Some(ours), target);
            line.values.push(value);
            line.ratios.push(1.0);
            line
        };
        let section = Section {
            work: WORKS[0],
            lines: vec![
                milliseconds("alone", Target::None, 0.3),
                milliseconds("ours", Target::Adds(1.0), 1.2),
                milliseconds("dear", Target::Milliseconds(20.0), 21.0),
            ],
        };
        let verdicts: Vec<_> = section
            .lines
            .iter()
            .map(|line| section.verdict(line).map(|verdict| verdict.1))
            .collect();
        assert_eq!(verdicts, [None, Some(true), Some(false)]);
    }
}
