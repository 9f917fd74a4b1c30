//! Seeds aim at every pair there is, each at the same whenever it is run, and steer towards it.

use super::*;
use crate::torture::ground::of_repository;

#[test]
fn seeds_aim_at_every_pair_and_each_always_at_the_same() {
    let (ground, _folder) = of_repository("aims");
    let ground = Arc::new(ground);
    assert!(ground.course().is_none());
    ground.rehearse().unwrap();
    let course = ground.course().unwrap();
    let mut left: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
    for known in &ground.ends {
        for (end, met) in &known.ends {
            left.extend(met.iter().map(|what| (known.call.as_str(), *end, *what)));
        }
    }
    for seed in 0..40_000 {
        let Some(aim) = course.of(&ground, seed) else { continue };
        assert_eq!(aim.words(), course.of(&ground, seed).unwrap().words());
        for what in &aim.faults {
            left.remove(&(aim.known.call.as_str(), aim.end, *what));
        }
        // Who is listened to is there, and what is told more often goes through the call or through its party.
        let (folder, calls) = aim.listens();
        assert!(ground.cast.iter().any(|actor| actor.folder == folder) && !calls.is_empty());
        assert!(!aim.target.stories.is_empty());
        let mut moods = Moods::none();
        aim.steer(&ground, &mut moods);
        let rules = moods.faults.get(folder).into_iter().flatten();
        let refuses = rules.filter(|rule| rule.fault == Fault::Refuse).count();
        assert!(aim.end != "refused" || refuses > 0, "{}", aim.words());
    }
    assert!(left.is_empty(), "{left:?}");
    // A payment that is told again is told of by its own story alone.
    let again = ground.ends.iter().position(|known| known.call == "taciturn.pay_repeated").unwrap();
    let stories =
        course.targets.iter().filter(|target| target.ends == again).flat_map(|target| &target.stories);
    let names: BTreeSet<&str> = stories.map(|story| ground.plan.stories[*story].name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["a bill whose payment is told again"]));
}
