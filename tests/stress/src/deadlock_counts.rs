//! Deadlocks per commit, counted and compared.

/// What happened in some windows of one contender.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub commits: u64,
    pub deadlocks: u64,
}

/// How many times as many deadlocks per commit, and between which bounds that lies in 19 of 20 runs.
#[derive(Clone, Copy, Debug)]
pub struct Ratio {
    pub ratio: f64,
    pub low: f64,
    pub high: f64,
}

impl Counts {
    pub fn add(&mut self, other: Counts) {
        self.commits += other.commits;
        self.deadlocks += other.deadlocks;
    }

    pub fn per_1000_commits(&self) -> f64 {
        1000.0 * self.deadlocks as f64 / self.commits.max(1) as f64
    }

    /// Deadlocks are rare and independent enough that their number scatters by its square root: the logarithm of the
    /// ratio of two such numbers has the variance 1/a + 1/b.
    pub fn against(&self, without: &Counts) -> Ratio {
        let ratio = self.per_1000_commits() / without.per_1000_commits();
        let variance = 1.0 / self.deadlocks as f64 + 1.0 / without.deadlocks as f64;
        let factor = (1.96 * variance.sqrt()).exp();
        Ratio {
            ratio,
            low: ratio / factor,
            high: ratio * factor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn a_ratio_is_per_commit_and_surer_with_more_deadlocks() {
        let counts = |commits, deadlocks| Counts { commits, deadlocks };
        let few = counts(500, 60).against(&counts(1000, 100));
        let many = counts(50_000, 6000).against(&counts(100_000, 10_000));
        assert!((few.ratio - 1.2).abs() < 1e-9 && (many.ratio - 1.2).abs() < 1e-9);
        assert!(few.low < 1.0 && few.high > 1.5, "{few:?}");
        assert!(many.low > 1.15 && many.high < 1.25, "{many:?}");
    }
}
