//! What a seed makes of a run: how often what goes wrong, and every throw of the dice.

use link::world::{Random, SeededRandom};
use std::sync::Arc;
use std::time::Duration;

/// Throws from one seed; clones throw on from the same place.
#[derive(Clone)]
pub struct Dice {
    random: Arc<SeededRandom>,
}

impl Dice {
    /// The dice of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: Arc::new(SeededRandom::new(seed)) }
    }

    /// A number below the bound.
    #[must_use]
    pub fn below(&self, bound: u64) -> u64 {
        self.random.below(bound)
    }

    /// Whether it falls: so often of ten thousand.
    #[must_use]
    pub fn falls(&self, of_10000: u16) -> bool {
        self.below(10_000) < u64::from(of_10000)
    }

    /// A span from `least` to `most`.
    #[must_use]
    pub fn span(&self, least: Duration, most: Duration) -> Duration {
        let width = u64::try_from(most.saturating_sub(least).as_micros()).unwrap_or(u64::MAX);
        least + Duration::from_micros(self.below(width.saturating_add(1)))
    }
}

impl std::fmt::Debug for Dice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Dice").finish_non_exhaustive()
    }
}

/// How often, of ten thousand pieces that are sent (or connections that are begun), what goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// A connection is refused.
    pub refuse: u16,
    /// A connection is not answered.
    pub deaf: u16,
    /// A piece and all behind it vanish; nobody is told.
    pub vanish: u16,
    /// The connection is cut within the piece: both sides are told.
    pub cut: u16,
    /// One side of the connection ends behind the piece.
    pub half_close: u16,
    /// The piece is held back, for up to [`Weather::late`].
    pub delay: u16,
    /// The longest delay, in seconds.
    pub late: u16,
    /// What is held back comes right behind a moment at which its sender did something, where such are known of the address.
    pub crossing: bool,
    /// An octet of the piece is another; for links whose messages are sealed.
    pub corrupt: u16,
}

impl Weather {
    /// The weather of a seed: most days have a little of everything, some much of one thing, some none.
    #[must_use]
    pub fn of(dice: &Dice) -> Self {
        let rates = [0, 0, 20, 50, 100, 300, 800];
        let rate = || {
            let place = usize::try_from(dice.below(rates.len() as u64)).unwrap_or(0);
            rates.get(place).copied().unwrap_or(0)
        };
        // Longer than a time limit, and shorter than every quiet time: what a party promises holds in any weather.
        let late = [1, 4, 15, 45];
        let place = usize::try_from(dice.below(late.len() as u64)).unwrap_or(0);
        Self {
            refuse: rate(),
            deaf: rate(),
            vanish: rate(),
            cut: rate(),
            half_close: rate() / 2,
            delay: rate() * 2,
            late: late.get(place).copied().unwrap_or(2),
            crossing: dice.falls(5_000),
            corrupt: rate(),
        }
    }
}
