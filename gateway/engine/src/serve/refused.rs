//! What was refused at the edge: each is written down, and where they come in floods they are counted, so that nobody who can
//! send can fill the journal (decisions D20).
//!
//! In: refused inputs, by the link that they came on. Out: lines of the journal whose counts add up. It must not know why.

use crate::engine::Engine;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::{Change, RefusedGate, RefusedInput, Seen};

/// Writes a refused input down, or counts it where they come in floods.
pub fn refuse(engine: &Engine, link: &str, peer: &str, fault: &str, head: &[u8]) {
    let (gate, now) = (engine.gate(link), engine.journal.now());
    let seen = gate.lock().unwrap_or_else(PoisonError::into_inner).refuse(now);
    crate::observe::refused(link);
    if let Seen::Write(count) = seen {
        write_down(engine, &gate, RefusedInput::new(link, peer, fault, head, count));
    }
}

/// Writes down what was refused in floods and only counted: one entry a link, where the last one is of an earlier second;
/// at the end, whatever is left.
pub(crate) fn refuse_counted(engine: &Engine, at_end: bool) {
    let now = engine.journal.now();
    // Links are those of the deployment, so these are few.
    let gates: BTreeMap<String, Arc<Mutex<RefusedGate>>> =
        engine.gates.iter().map(|gate| (gate.key().clone(), Arc::clone(gate.value()))).collect();
    for (link, gate) in gates {
        let counted = {
            let mut gate = gate.lock().unwrap_or_else(PoisonError::into_inner);
            if at_end { gate.rest() } else { gate.due(now) }
        };
        if let Some(count) = counted {
            write_down(engine, &gate, RefusedInput::new(&link, "", "more that came in a flood", &[], count));
        }
    }
}

fn write_down(engine: &Engine, gate: &Mutex<RefusedGate>, input: RefusedInput) {
    let count = input.count;
    if !engine.journal.write_lazily(engine.today(), vec![Change::RefusedInput(input)]) {
        gate.lock().unwrap_or_else(PoisonError::into_inner).give_back(count);
    }
}
