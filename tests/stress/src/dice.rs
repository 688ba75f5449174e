//! Everything random comes from here, from one seed per client, so that a run's transactions can be made again.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

pub struct Dice(SmallRng);

impl Dice {
    /// The generator of one client: the same seed and client number give the same transactions.
    pub fn new(seed: u64, client: u64) -> Dice {
        Dice(SmallRng::seed_from_u64(
            seed.wrapping_mul(1_000_003).wrapping_add(client),
        ))
    }

    /// A number of 0 to `bound` - 1.
    pub fn below(&mut self, bound: u32) -> u32 {
        self.0.random_range(0..bound)
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.0.random_range(0..choices.len())]
    }

    /// An amount of money of 0.00 to 99.99, as SQL text.
    pub fn money(&mut self) -> String {
        format!("{}.{:02}", self.below(100), self.below(100))
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn a_seed_repeats_and_clients_differ() {
        let draw = |seed, client| {
            let mut dice = Dice::new(seed, client);
            (0..20).map(|_| dice.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1, 3), draw(1, 3));
        assert_ne!(draw(1, 3), draw(1, 4));
        assert_ne!(draw(1, 3), draw(2, 3));
    }
}
