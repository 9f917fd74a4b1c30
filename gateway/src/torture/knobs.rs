//! What of a seed's misfortune is left out, so that a failing seed can be told by the fewest things that make it fail.

use conformance::faults::Weather;

/// What is left out. Default: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Knobs {
    /// No kill of the process.
    pub(crate) no_kills: bool,
    /// No crash at a commit.
    pub(crate) no_crashes: bool,
    /// No full disk.
    pub(crate) no_full_disk: bool,
    /// The wall clock is not set.
    pub(crate) no_clock_steps: bool,
    /// Parties make no faults of their own.
    pub(crate) no_party_faults: bool,
    /// No connection is refused or left unanswered.
    pub(crate) no_refused: bool,
    /// Nothing vanishes or is cut.
    pub(crate) no_cuts: bool,
    /// Nothing comes late.
    pub(crate) no_delays: bool,
    /// Nothing is corrupted.
    pub(crate) no_corruption: bool,
    /// Clients ask one copy at a time.
    pub(crate) no_copies: bool,
    /// Only one client.
    pub(crate) one_client: bool,
    /// Only one node.
    pub(crate) no_second_node: bool,
    /// No node stands still.
    pub(crate) no_pauses: bool,
    /// Every node reaches its journal.
    pub(crate) no_cut_offs: bool,
    /// The adapters stay as they were loaded.
    pub(crate) no_reloads: bool,
    /// It aims at nothing.
    pub(crate) no_aim: bool,
}

impl Knobs {
    /// All of it is left out: one client in fair weather.
    pub(crate) fn all() -> Knobs {
        Self::fewer().fold(Knobs::default(), Knobs::and)
    }

    /// One thing less each.
    pub(crate) fn fewer() -> impl Iterator<Item = Knobs> {
        let none = Knobs::default();
        [
            Knobs { no_aim: true, ..none },
            Knobs { no_second_node: true, ..none },
            Knobs { no_reloads: true, ..none },
            Knobs { no_pauses: true, ..none },
            Knobs { no_cut_offs: true, ..none },
            Knobs { one_client: true, ..none },
            Knobs { no_copies: true, ..none },
            Knobs { no_corruption: true, ..none },
            Knobs { no_clock_steps: true, ..none },
            Knobs { no_full_disk: true, ..none },
            Knobs { no_party_faults: true, ..none },
            Knobs { no_refused: true, ..none },
            Knobs { no_cuts: true, ..none },
            Knobs { no_delays: true, ..none },
            Knobs { no_kills: true, ..none },
            Knobs { no_crashes: true, ..none },
        ]
        .into_iter()
    }

    /// Both left out.
    pub(crate) fn and(self, other: Knobs) -> Knobs {
        Knobs {
            no_kills: self.no_kills || other.no_kills,
            no_crashes: self.no_crashes || other.no_crashes,
            no_full_disk: self.no_full_disk || other.no_full_disk,
            no_clock_steps: self.no_clock_steps || other.no_clock_steps,
            no_party_faults: self.no_party_faults || other.no_party_faults,
            no_refused: self.no_refused || other.no_refused,
            no_cuts: self.no_cuts || other.no_cuts,
            no_delays: self.no_delays || other.no_delays,
            no_corruption: self.no_corruption || other.no_corruption,
            no_copies: self.no_copies || other.no_copies,
            one_client: self.one_client || other.one_client,
            no_second_node: self.no_second_node || other.no_second_node,
            no_reloads: self.no_reloads || other.no_reloads,
            no_pauses: self.no_pauses || other.no_pauses,
            no_cut_offs: self.no_cut_offs || other.no_cut_offs,
            no_aim: self.no_aim || other.no_aim,
        }
    }

    /// The weather without what is left out.
    pub(crate) fn clear(self, mut weather: Weather) -> Weather {
        if self.no_refused {
            (weather.refuse, weather.deaf) = (0, 0);
        }
        if self.no_cuts {
            (weather.vanish, weather.cut, weather.half_close) = (0, 0, 0);
        }
        if self.no_delays {
            weather.delay = 0;
        }
        if self.no_corruption {
            weather.corrupt = 0;
        }
        weather
    }

    /// What is left, in words.
    pub(crate) fn words(self) -> String {
        let things = [
            (self.no_kills, "kills"),
            (self.no_crashes, "crashes at commits"),
            (self.no_full_disk, "full disk"),
            (self.no_clock_steps, "clock steps"),
            (self.no_party_faults, "faults of parties"),
            (self.no_refused, "refused connections"),
            (self.no_cuts, "cuts"),
            (self.no_delays, "delays"),
            (self.no_corruption, "corruption"),
            (self.no_copies, "copies"),
            (self.one_client, "more than one client"),
            (self.no_second_node, "a second node"),
            (self.no_reloads, "adapters loaded anew"),
            (self.no_pauses, "pauses"),
            (self.no_cut_offs, "journals out of reach"),
            (self.no_aim, "its aim"),
        ];
        let left: Vec<&str> = things.iter().filter(|(off, _)| !off).map(|(_, name)| *name).collect();
        if left.is_empty() { "nothing".to_owned() } else { left.join(", ") }
    }
}
