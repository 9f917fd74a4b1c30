//! What happens with a call that nothing says enough about: the stories behind TS0701 to TS0708 (`flows.md` 9).
//!
//! In: the call's name and which way it goes. Out: a story of numbered lines, as the walk tells one. These calls never come
//! before the walk: what it would need to know of them is not written. It must not judge.

use crate::tree::{WayStep, WayStepKind};

/// A call, as a story speaks of it.
#[derive(Clone, Copy)]
pub(super) struct Told<'t> {
    pub(super) name: &'t str,
    /// We ask it of the party; otherwise the party asks it of us.
    pub(super) ours: bool,
    /// It takes another one back.
    pub(super) back: bool,
}

impl Told<'_> {
    /// Who asks, and the first line of most stories: it is done, and nobody hears of it.
    fn unheard(self) -> String {
        let name = self.name;
        if self.ours {
            format!("1. `{name}` leaves, and the party does it; its answer is lost")
        } else {
            format!("1. the party asks `{name}`, and it is done; the answer is lost")
        }
    }

    fn twice(self) -> &'static str {
        if self.back { "taken back twice" } else { "done twice" }
    }

    /// TS0701: a key of something that is new in each message.
    pub(super) fn new_key(self) -> String {
        format!(
            "{}\n2. it is asked again: this value is another one, and so is the key\n3. it is taken for a new ask, and {}",
            self.unheard(),
            self.twice(),
        )
    }

    /// TS0702: the last way is a refusal.
    pub(super) fn refused(self) -> String {
        let name = self.name;
        format!(
            "1. `{name}` leaves; its answer is late\n2. its ways out are through, and this refuses it: what was done before is undone, told REFUSED\n3. the party had done `{name}`, or does it now: it holds, and nobody takes it back"
        )
    }

    /// TS0703: behind the last way stands nothing.
    pub(super) fn endless(self, last: &WayStep) -> String {
        let second = match &last.kind {
            WayStepKind::Enquire { .. } => "no enquiry gets an answer that says what became of it",
            WayStepKind::Undo(_) => {
                "the reversal is refused, which does not say that it holds, or gets no answer"
            }
            WayStepKind::Repeat(_) | WayStepKind::Park | WayStepKind::Refuse(_) => "no repeat gets an answer",
        };
        let name = self.name;
        format!(
            "1. `{name}` leaves; no answer comes\n2. {second}\n3. nothing says what comes then: it stays unknown for ever, its asker is told nothing, and nobody looks"
        )
    }

    /// TS0704: no way out at all.
    pub(super) fn lost(self) -> String {
        let name = self.name;
        format!(
            "1. `{name}` leaves; no answer comes in time, which says nothing of what it did\n2. nothing says how to find out: nobody asks, nobody repeats, nobody takes it back\n3. what it moved stays moved or not, and no flow of it ends"
        )
    }

    /// TS0705: no key.
    pub(super) fn keyless(self) -> String {
        let again =
            if self.ours { "it is sent again, or its flow is asked again" } else { "the party asks again" };
        format!(
            "{}\n2. {again}: nothing tells that it is the same ask\n3. it is {}",
            self.unheard(),
            self.twice(),
        )
    }

    /// TS0706: repeated, and the party has promised nothing.
    pub(super) fn repeated(self) -> String {
        let name = self.name;
        format!(
            "1. `{name}` leaves, and is slow on its way; no answer in time\n2. a second copy leaves; the party does it\n3. the copy of 1 arrives, and the party does that as well: {}",
            self.twice(),
        )
    }

    /// TS0707: a reversal that may be too late, and nothing behind it.
    pub(super) fn too_late(self) -> String {
        let name = self.name;
        format!(
            "1. what `{name}` takes back holds, and a later step is refused\n2. the business date changes before `{name}` arrives: it is refused\n3. nothing says what comes then: the money stays where it is, and nobody looks"
        )
    }

    /// TS0708: the reversal of a reversal.
    pub(super) fn back_and_forth(self) -> String {
        let name = self.name;
        format!(
            "1. `{name}` leaves; its answer is late\n2. it is reversed in turn: what it took back holds again, or never was taken back\n3. its flow is told that the money is back, and the party has it"
        )
    }
}
