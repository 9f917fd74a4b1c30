//! Figures of several rounds: minimum, median, maximum.

/// A figure over rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The least.
    pub min: f64,
    /// The middle one.
    pub median: f64,
    /// The most.
    pub max: f64,
}

impl Spread {
    /// Of figures; none if there are none.
    #[must_use]
    pub fn of(figures: &[f64]) -> Option<Self> {
        let mut sorted: Vec<f64> = figures.iter().copied().filter(|figure| figure.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let (low, high) = (sorted.get((sorted.len() - 1) / 2)?, sorted.get(sorted.len() / 2)?);
        Some(Self { min, median: (low + high) / 2.0, max })
    }

    /// Of ratios within rounds: each round's first figure over its second.
    #[must_use]
    pub fn of_ratios(rounds: &[(f64, f64)]) -> Option<Self> {
        Self::of(&rounds.iter().map(|(ours, theirs)| ours / theirs).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_taken_within_a_round() {
        let spread = Spread::of_ratios(&[(10.0, 5.0), (30.0, 10.0), (8.0, 8.0)]).unwrap();
        assert_eq!(spread, Spread { min: 1.0, median: 2.0, max: 3.0 });
        assert_eq!(Spread::of(&[1.0, 3.0]).unwrap().median, 2.0);
        assert_eq!(Spread::of(&[]), None);
    }
}
