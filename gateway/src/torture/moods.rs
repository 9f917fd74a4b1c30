//! Moods of parties: what one of them does wrong for a while beside the weather, so that ways out are gone to their end which are
//! cut short where everything else works.
//!
//! In: the cast, the dice. Out: faults by party, rates by line. It must not know what any of it would show.

use super::ground::Ground;
use conformance::faults::Dice;
use conformance::world::{Fault, FaultRule};
use dsl::program::CallProgram;
use std::collections::BTreeMap;

/// Of ten thousand.
const SOMETIMES: u16 = 1_500;
const OFTEN: u16 = 4_000;
const MOSTLY: u16 = 8_500;
/// Milliseconds: longer than the shortest quiet time.
const PONDERS: u64 = 22_000;

/// What the parties are in the mood for.
#[derive(Debug, Default)]
pub(super) struct Moods {
    /// Faults that a party (by folder) makes by itself, before all others.
    pub(super) faults: BTreeMap<String, Vec<FaultRule>>,
    /// How often pieces are held back on the lines of an address.
    pub(super) slow: BTreeMap<String, u16>,
}

/// What a party is in the mood for.
#[derive(Clone, Copy, Debug)]
enum Mood {
    /// Its lines are slow.
    Slow,
    /// Hardly anything comes in its time.
    Drowsy,
    /// Its lines are slow, it seldom answers postings, and a question long after it has looked: what it says was so.
    Ponders,
    /// The same, and it does not hear of postings.
    Deaf,
    /// It does not answer postings.
    NoAnswers,
    /// It does not answer questions about them.
    NoQuestions,
    /// It does not answer reversals.
    NoReversals,
    /// It refuses postings that it could take.
    Unwilling,
}

impl Mood {
    /// By a throw; a party that is made up always has one.
    fn of(dice: &Dice, made_up: bool) -> Option<Self> {
        match dice.below(if made_up { 12 } else { 24 }) {
            0 | 1 => Some(Self::Slow),
            2 | 10 => Some(Self::Ponders),
            8 | 9 => Some(Self::Drowsy),
            3 | 4 => Some(Self::Deaf),
            5 => Some(Self::NoAnswers),
            6 => Some(Self::NoQuestions),
            7 => Some(Self::NoReversals),
            11 | 12 => Some(Self::Unwilling),
            _ => None,
        }
    }

    /// How often pieces are held back on its lines.
    fn slow(self) -> Option<u16> {
        match self {
            Self::Slow | Self::Deaf | Self::Ponders => Some(OFTEN),
            Self::Drowsy => Some(MOSTLY),
            Self::NoAnswers | Self::NoQuestions | Self::NoReversals | Self::Unwilling => None,
        }
    }

    /// The fault that it makes with a call, and how often.
    fn makes(self, call: &CallProgram) -> Option<(Fault, u16)> {
        let undoes = !call.call.undoes.is_empty();
        let posts = !call.call.unknown.is_empty() && !undoes;
        match self {
            Self::Deaf if posts => Some((Fault::DropRequest, OFTEN)),
            Self::NoAnswers if posts => Some((Fault::DropReply, OFTEN)),
            Self::Ponders if posts => Some((Fault::DropReply, MOSTLY)),
            Self::Ponders if !call.call.settles.is_empty() => Some((Fault::Delay(PONDERS), MOSTLY)),
            Self::NoQuestions if !call.call.settles.is_empty() => Some((Fault::DropReply, MOSTLY)),
            Self::Unwilling if posts && !call.call.promises.assured => Some((Fault::Refuse, SOMETIMES)),
            Self::NoReversals if undoes => Some((Fault::DropReply, MOSTLY)),
            _ => None,
        }
    }
}

impl Moods {
    /// Everybody is well.
    pub(super) fn none() -> Self {
        Self::default()
    }

    /// Throws for each party.
    pub(super) fn of(dice: &Dice, ground: &Ground) -> Self {
        let mut moods = Self::default();
        for actor in &ground.cast {
            let Some(mood) = Mood::of(dice, actor.made_up) else { continue };
            let calls = actor.loaded.bank.module.calls.iter().filter(|call| call.call.ours);
            let rules = calls.filter_map(|call| {
                let (fault, of_10000) = mood.makes(call)?;
                let call = Some(call.call.name.to_string());
                Some(FaultRule { call, holding: None, fault, of_10000, at: Vec::new() })
            });
            moods.faults.insert(actor.folder.clone(), rules.collect());
            if let Some(often) = mood.slow() {
                moods.slow.extend(actor.config.links.values().map(|address| (address.clone(), often)));
            }
        }
        moods
    }
}
