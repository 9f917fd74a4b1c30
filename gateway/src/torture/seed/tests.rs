//! A seed that failed is told again by whoever looks into it, in another process.

use super::*;
use crate::torture::ground::of_repository;

#[test]
fn a_seed_is_the_same_on_ground_that_was_made_anew() {
    let told = |name: &str| {
        let (ground, _folder) = of_repository(name);
        let ground = Arc::new(ground);
        ground.rehearse().unwrap();
        let told = |seed| run(&ground, seed, Knobs::default(), None, 0);
        (1..=6).map(told).map(|end| (end.mark, end.story)).collect::<Vec<_>>()
    };
    for (one, other) in told("first-ground").into_iter().zip(told("second-ground")) {
        let differs = one.1.iter().zip(&other.1).find(|(one, other)| one != other);
        assert_eq!((one.0, differs), (other.0, None));
    }
}
