//! Random bytes: from the kernel, or from a seed.
//!
//! For: jitter, fresh names, values that sessions draw. Out: bytes. Must not know: who uses them.

use std::sync::Mutex;
use std::sync::PoisonError;

/// A source of random bytes.
pub trait Random: Send + Sync + 'static {
    /// Fills the slice. An error means the source itself failed; nothing secret may be drawn then.
    ///
    /// # Errors
    /// The kernel's source could not be read.
    fn fill(&self, into: &mut [u8]) -> std::io::Result<()>;

    /// A number below `bound` for jitter, zero when `bound` is zero or the source failed. Never for secrets.
    fn below(&self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        match self.fill(&mut bytes) {
            Ok(()) => u64::from_le_bytes(bytes).checked_rem(bound).unwrap_or(0),
            Err(_) => 0,
        }
    }
}

/// The kernel's random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealRandom;

impl Random for RealRandom {
    fn fill(&self, into: &mut [u8]) -> std::io::Result<()> {
        getrandom::fill(into).map_err(std::io::Error::other)
    }
}

/// A source that a seed determines (SplitMix64); for simulations only, never for secrets.
#[derive(Debug)]
pub struct SeededRandom {
    state: Mutex<u64>,
}

impl SeededRandom {
    /// The source of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: Mutex::new(seed) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, into: &mut [u8]) -> std::io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in into.chunks_mut(8) {
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut word = *state;
            word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            word ^= word >> 31;
            let bytes = word.to_le_bytes();
            let (filled, _) = bytes.split_at(chunk.len());
            chunk.copy_from_slice(filled);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_bytes_again() {
        let (mut first, mut second) = ([0; 13], [0; 13]);
        SeededRandom::new(7).fill(&mut first).unwrap();
        SeededRandom::new(7).fill(&mut second).unwrap();
        assert_eq!(first, second);
        assert_ne!(first, [0; 13]);
        assert!(RealRandom.below(10) < 10);
        assert_eq!(RealRandom.below(0), 0);
    }
}
