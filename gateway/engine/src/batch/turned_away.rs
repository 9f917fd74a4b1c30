//! Files that are not taken, told to the flow of their party that is `on refused`.
//!
//! In: a file that was refused, and why. Out: a flow that is asked which file it was and what is wrong in it, durable before
//! the file counts as worked off, begun once for a file. It must not know what the flow does.

use super::compare::Begun;
use super::spooled::Spooled;
use super::writing::packet_of;
use crate::driver::{Known, NewFlow, ask_digest};
use crate::engine::Engine;
use crate::facts::Tagged;
use crate::scene::Scene;
use crate::version::{CallRef, FlowRef, Version};
use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::program::FlowStart;
use std::sync::Arc;
use std::time::Duration;
use store::{Direction, Key};

/// The longest account of what is wrong that a flow is asked.
const WHY: usize = 400;
/// The longest name of a file that a flow is asked.
const NAME: usize = 255;

impl Engine {
    /// Begins the flow that is `on refused` of a file's call, where there is one. False: it cannot be begun now.
    pub(super) async fn tell_refused(
        self: &Arc<Self>,
        scene: &Scene,
        call: CallRef,
        (name, file): (&str, &Spooled),
        why: &str,
    ) -> bool {
        let version = Arc::clone(&scene.version);
        let Some(reference) = told_of(&version, call) else { return true };
        let party = version.module(call.module).map_or("", |module| &module.name).to_owned();
        let digest: String = file.digest.iter().take(16).map(|octet| format!("{octet:02x}")).collect();
        let once = format!("refused {name}:{digest}").into_bytes();
        let date = crate::serve::day_of(scene);
        let key = Key { date, party, direction: Direction::In, once };
        let cut = |text: &str, most: usize| Value::text(text.chars().take(most).collect::<String>());
        let line = scene.fault[0].parse::<u32>().unwrap_or(0);
        let mut ask = Record::new(3);
        let values = [cut(name, NAME), Value::Number(i128::from(line)), cut(why, WHY)];
        for (slot, value) in values.iter().enumerate() {
            if let Err(fault) = ask.set(slot, value) {
                tracing::error!(%name, ?fault, "what a refused file is told of has no form");
                return true;
            }
        }
        let new = NewFlow {
            version,
            reference,
            found_by: Vec::new(),
            kept: Tagged::new(),
            ask: Some(ask),
            facts: scene.facts.clone(),
            key: key.clone(),
            known: Known::Days,
            waited_for: false,
            digest: ask_digest(&[&file.digest]),
            packet: Some(packet_of(name)),
            sheets: Tagged::new(),
            writer: None,
        };
        let told = self.ask(new, Duration::ZERO).await;
        match self.begun_by(&key, &told).await {
            Begun::Yes => true,
            Begun::NotNow => false,
            Begun::Never => {
                tracing::error!(file = name, reason = told.reason, "a refused file begins no flow");
                true
            }
        }
    }
}

/// The flow of the party that such a file begins.
fn told_of(version: &Version, call: CallRef) -> Option<FlowRef> {
    version.flows().find_map(|(reference, tables)| match &tables.start {
        FlowStart::Refused(calls) if reference.module == call.module && calls.contains(&call.call) => {
            Some(reference)
        }
        _ => None,
    })
}
