//! What the journal knows of an ask, as the original that another message speaks of.
//!
//! In: a flow of the journal. Out: a [`Past`] with its ask, answer and long lists, seen by the calls that speak of it.
//! It must not know who asks.

use crate::batch::lists::{AnsweredRows, AskedRows, list_field, sheet_of};
use crate::book::LongList;
use crate::driver::{Told, ToldKind};
use crate::engine::Engine;
use crate::exchange::{empty, of_kept};
use crate::facts::{Body, Facts};
use crate::scene::Past;
use crate::version::{CallRef, Version};
use adapters::value::decode_record;
use dsl::evaluate::Value;
use dsl::model::{CallId, Fact, Load, Space};
use dsl::program::FlowTables;
use dsl::value::{Outcome, ShapeId};
use std::io;
use std::sync::Arc;
use store::{Direction, Fatal, FlowId};

/// Rows read at once.
const PAGE: usize = 1_000;

/// The outcome that an answer tells.
pub(super) fn outcome_of(version: &Version, told: &Told) -> Outcome {
    match told.kind {
        ToldKind::Done => Outcome::Done(None),
        ToldKind::Refused => Outcome::Refused(version.symbols().find(&told.reason)),
        ToldKind::Pending => Outcome::Unknown,
    }
}

/// A long list and the place that it stands in.
type Listed = (Load, Arc<dyn LongList>);

impl Engine {
    /// An ask of a party with what became of it. `spoken`: the call whose slots the speaking message uses.
    pub(super) async fn past_of_flow(
        self: &Arc<Self>,
        version: &Arc<Version>,
        spoken: CallRef,
        flow: FlowId,
        told: &Told,
    ) -> Past {
        let mut past = Past {
            call: Some(spoken.call),
            answer: told.record.as_ref().map(|record| (**record).clone()),
            outcome: Some(outcome_of(version, told)),
            text: told.text.clone(),
            ..Past::default()
        };
        let Some(program) = version.call(spoken) else { return past };
        // What was refused or runs has no answer: its fields are absent.
        past.answer = past.answer.or_else(|| program.call.answer.map(|shape| empty(version, shape)));
        let Ok(body) = self.asked(flow).await else { return past };
        past.facts = Facts::of_tagged(&body.tagged("facts"), version.symbols());
        past.request = of_kept(version, spoken, program.call.request, &body.tagged("kept"));
        past.ask = program.call.ask.and_then(|shape| {
            decode_record(body.get("ask")?, &version.compiled.shapes, shape, version.symbols()).ok()
        });
        let spaces = (Space::OriginalAsk, Space::OriginalAnswer);
        let long = self.long_lists(version, (spoken, spaces, spoken.call), flow, &body).await;
        past.long = long
            .into_iter()
            .filter_map(|list| {
                list.inspect_err(|error| tracing::warn!(%flow, %error, "rows of a past ask are not at hand"))
                    .ok()
            })
            .collect();
        past.ends = self.ends_of_rows(version, spoken.call, flow, &past.long).await;
        if let Ok(files) = self.journal.read(move |reader| reader.files_of(flow)).await
            && let Some(file) = files.iter().rfind(|file| file.direction == Direction::Out)
        {
            past.facts.put(Fact::AnswerFile, &Value::Text(file.name.as_str().into()));
        }
        past
    }

    /// The long lists of a flow's ask and answer, as its own answer is written from them.
    ///
    /// # Errors
    /// In words, where the journal or the spool does not give one now: an answer without it would be false.
    pub(crate) async fn lists_of(
        self: &Arc<Self>,
        version: &Arc<Version>,
        call: CallRef,
        flow: FlowId,
    ) -> Result<Vec<Listed>, String> {
        let body = self.asked(flow).await?;
        let lists = self.long_lists(version, (call, (Space::Ask, Space::Answer), CallId(0)), flow, &body);
        let lists: io::Result<Vec<Listed>> = lists.await.into_iter().collect();
        lists.map_err(|error| format!("rows are not at hand: {error}"))
    }

    async fn long_lists(
        self: &Arc<Self>,
        version: &Arc<Version>,
        (call, (ask, answer), key): (CallRef, (Space, Space), CallId),
        flow: FlowId,
        body: &Body,
    ) -> Vec<io::Result<Listed>> {
        let mut lists: Vec<io::Result<Listed>> = Vec::new();
        let shape = version.call(call).and_then(|call| call.call.ask);
        for (field, sheet) in body.tagged("sheets") {
            let Some((slot, rows)) = list_field(version, shape, &field) else { continue };
            let load = Load { space: ask, level: 0, slot, call: key.0 };
            lists.push(self.spool.read(&sheet).map(|sheet| -> Listed {
                (load, Arc::new(AskedRows::new(sheet, Arc::clone(version), rows)))
            }));
        }
        match self.tables_of(version, flow).await {
            Ok(Some(tables)) => lists.extend(self.answered_lists(version, tables, (answer, key), flow)),
            Ok(None) => {}
            // Without them an answer has no rows, and looks whole.
            Err(fatal) => lists.push(Err(io::Error::other(fatal))),
        }
        lists
    }

    /// The tables of what a flow runs; none where the journal or the version does not have it.
    async fn tables_of<'v>(
        &self,
        version: &'v Version,
        flow: FlowId,
    ) -> Result<Option<&'v FlowTables>, Fatal> {
        let row = self.journal.read(move |reader| reader.flow(flow)).await?;
        Ok(row.and_then(|row| {
            let reference = version.flow_named(row.name.split('/').next().unwrap_or(""))?;
            version.flow(reference)
        }))
    }

    /// How the rows ended that stand in the answer itself: each row's flow has told it.
    async fn ends_of_rows(
        &self,
        version: &Version,
        call: CallId,
        flow: FlowId,
        long: &[(Load, Arc<dyn LongList>)],
    ) -> Vec<(Load, Vec<(Outcome, String)>)> {
        let Ok(Some(tables)) = self.tables_of(version, flow).await else { return Vec::new() };
        let mut all = Vec::new();
        for (number, form) in tables.loops.iter().enumerate() {
            let Some(into) = form.into.filter(|into| into.space == Space::Answer) else { continue };
            let list = Load { space: Space::OriginalAnswer, level: 0, slot: into.slot, call: call.0 };
            let of_list = tables.program.loops.iter().find(|one| one.list.0 as usize == number);
            if let Some(one) = of_list.filter(|_| long.iter().all(|(known, _)| *known != list)) {
                let name = one.body.name.to_string();
                all.push((list, self.ends_of_children(version, (flow, &name), form.into_shape).await));
            }
        }
        all
    }

    async fn ends_of_children(
        &self,
        version: &Version,
        (flow, name): (FlowId, &str),
        shape: Option<ShapeId>,
    ) -> Vec<(Outcome, String)> {
        let mut ends = Vec::new();
        loop {
            let before = ends.len();
            let name = name.to_owned();
            let page = self.journal.read(move |reader| reader.children(flow, &name, before as u64, PAGE));
            let Ok(page) = page.await else { break };
            for child in page {
                let row = child.parent.and_then(|(_, row)| usize::try_from(row).ok());
                let Some(row) = row.filter(|row| *row >= ends.len()) else { continue };
                ends.resize(row, (Outcome::Unknown, String::new()));
                let told = child.answer.as_deref();
                let told = told.and_then(|octets| Told::decode(octets, child.flow, shape, version));
                let end = told.map(|told| (outcome_of(version, &told), told.text));
                ends.push(end.unwrap_or((Outcome::Unknown, String::new())));
            }
            if ends.len() == before {
                break;
            }
        }
        ends
    }

    /// The lists that a flow's loops over long lists have made, as they stand in the spool; of other loops there is none.
    fn answered_lists(
        &self,
        version: &Arc<Version>,
        tables: &FlowTables,
        (space, call): (Space, CallId),
        flow: FlowId,
    ) -> Vec<io::Result<Listed>> {
        let of_loop = |(number, form): (usize, &dsl::program::LoopForm)| -> Option<io::Result<Listed>> {
            let into = form.into.filter(|into| into.space == Space::Answer)?;
            let sheet = match self.spool.read(&sheet_of(flow, number, &form.name)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
                sheet => sheet,
            };
            let load = Load { space, level: 0, slot: into.slot, call: call.0 };
            Some(sheet.map(|sheet| -> Listed {
                (load, Arc::new(AnsweredRows::new(sheet, Arc::clone(version), form.into_shape)))
            }))
        };
        tables.loops.iter().enumerate().filter_map(of_loop).collect()
    }
}
