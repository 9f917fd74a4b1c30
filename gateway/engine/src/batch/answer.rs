//! Result files: written once, then put until they are there.
//!
//! In: a file that was taken, and what its asker is told. Out: a result in the spool, which the journal knows before it is put:
//! the same octets go at each try, also after a restart, so that one that was put by half is made whole. It must not know
//! what is booked.

use super::put::{Putting, folder};
use super::spooled::Spooled;
use super::take::{AGAIN, Halt, Said, Stage, TakenFile};
use super::writing::{self, WrittenFile};
use crate::driver::Told;
use crate::engine::Engine;
use crate::facts::Body;
use crate::lines::LineName;
use crate::message;
use crate::serve::Replying;
use crate::version::{CallRef, Version};
use dsl::model::{LinkKind, MessageId};
use dsl::program::LinkProgram;
use dsl::value::Outcome;
use link::Exchanged;
use link::files::FilePath;
use std::sync::Arc;
use store::{Direction, FileProgress, FlowId};

/// A result file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// The link that it goes by, and whose of the party's members it is.
    link: String,
    member: Option<String>,
    folder: FilePath,
    name: String,
    /// Its end mark, and whether that is a control file.
    done: Option<String>,
    controlled: bool,
    /// Its octets.
    file: Spooled,
    /// Another follows where rows are open.
    more: bool,
}

impl Written {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut body = Body::default();
        body.put("link", self.link.clone().into_bytes());
        body.put("folder", self.folder.to_string().into_bytes());
        body.put("name", self.name.clone().into_bytes());
        body.put("file", self.file.encode());
        for (name, text) in [("member", &self.member), ("done", &self.done)] {
            if let Some(text) = text {
                body.put(name, text.clone().into_bytes());
            }
        }
        for (name, flag) in [("controlled", self.controlled), ("more", self.more)] {
            if flag {
                body.put(name, b"yes".to_vec());
            }
        }
        body.encode()
    }

    pub(super) fn decode(octets: &[u8]) -> Option<Self> {
        let body = Body::decode(octets)?;
        let text = |name| body.get(name).map(|text| String::from_utf8_lossy(text).into_owned());
        Some(Self {
            link: text("link")?,
            member: text("member"),
            folder: FilePath::parse(&text("folder")?).ok()?,
            name: text("name")?,
            done: text("done"),
            controlled: body.get("controlled").is_some(),
            file: Spooled::decode(body.get("file")?)?,
            more: body.get("more").is_some(),
        })
    }
}

/// An answer that is to be written.
pub(super) struct Answering<'a> {
    /// What is answered.
    pub(super) call: CallRef,
    pub(super) replying: Replying,
    pub(super) told: &'a Told,
    /// The flow that was asked, where the journal has it.
    pub(super) flow: Option<FlowId>,
    /// It is the result that comes later, when every row has ended.
    pub(super) later: bool,
}

impl Engine {
    /// Writes the answer as a file, again and again until that is done; where the party has none for what is told the file goes
    /// on without.
    pub(super) async fn answer_file(
        self: &Arc<Self>,
        link: &LinkProgram,
        answering: &Answering<'_>,
    ) -> Result<Stage, Halt> {
        let Answering { call, replying, told, flow, later } = answering;
        let version = Arc::clone(&replying.version);
        let none = || async { Ok(self.behind(&version, *call, *flow, *later).await) };
        let Some(program) = version.call(*call) else { return none().await };
        let outcome = replying.outcome(told);
        let messages = if *later { &program.call.later } else { &program.call.replies };
        let says = |message: &&MessageId| {
            outcome.is_some_and(|outcome| message::may_say(&version, *call, **message, outcome))
        };
        let (Some(message), Some(outcome)) = (messages.iter().find(says), outcome) else {
            return none().await;
        };
        let Some(back) = answers_on(&version, call.module, link) else {
            tracing::error!(party = %replying.party(), "a result file has no link to go by");
            return none().await;
        };
        let mut said = Said::default();
        let mut spool_name = None;
        loop {
            match self.write_answer(answering, *message, outcome, back, &mut spool_name).await {
                Ok(written) => return Ok(Stage::Written(Box::new(written), *flow)),
                Err(why) => {
                    if said.anew(&why, self.core.mark()) {
                        tracing::warn!(party = %replying.party(), %why, "a result file cannot be written yet");
                    }
                    self.wait(AGAIN).await?;
                }
            }
        }
    }

    /// Writes it under one name of the spool, however often it is tried.
    async fn write_answer(
        self: &Arc<Self>,
        answering: &Answering<'_>,
        message: MessageId,
        outcome: Outcome,
        back: &LinkProgram,
        spool_name: &mut Option<String>,
    ) -> Result<Written, String> {
        let Answering { call, replying, told, flow, later } = answering;
        let version = Arc::clone(&replying.version);
        let mut scene = replying.answer_scene(told, outcome).await;
        if let Some(flow) = flow {
            for (list, rows) in self.lists_of(&version, *call, *flow).await? {
                scene.book.put_long(list, rows);
            }
        }
        let folder = folder(&scene, back.folder)?;
        let spooled = match spool_name {
            Some(name) => name.clone(),
            None => {
                let name = self.spool_name("result").await.map_err(|refusal| refusal.to_string())?;
                spool_name.insert(name).clone()
            }
        };
        let written = writing::write(self, scene, message, &spooled).await;
        let WrittenFile { name, file, .. } = written.map_err(|refusal| refusal.to_string())?;
        let program = version.module(call.module);
        let program = program.and_then(|module| module.program.messages.get(usize::from(message.0)));
        let form = program.and_then(|program| program.file.as_deref());
        Ok(Written {
            link: back.link.name.to_string(),
            member: replying.member_name().map(|member| member.to_string()),
            folder,
            name,
            done: form.and_then(|form| form.done.as_deref()).map(str::to_owned),
            controlled: form.is_some_and(|form| form.control().is_some()),
            file,
            more: !*later && has_later(&version, *call),
        })
    }

    /// Puts a result; gives what the journal keeps of it.
    pub(super) async fn put_answer(
        self: &Arc<Self>,
        taken: &TakenFile,
        written: &Written,
        flow: Option<FlowId>,
    ) -> Result<FileProgress, String> {
        let party = &taken.source.party;
        let module = taken.version.module_named(party).and_then(|module| taken.version.module(module));
        let link =
            module.and_then(|module| module.links.iter().find(|link| *link.link.name == *written.link));
        let link = link.ok_or("the link of a result file is not there")?;
        let line = LineName {
            party: party.as_str().into(),
            link: written.link.as_str().into(),
            member: written.member.as_deref().map(Arc::from),
        };
        let Written { folder, name, done, controlled, file, .. } = written;
        let (folder, done, leave) = (folder.clone(), done.as_deref(), self.journal.leave());
        let putting = Putting { line: &line, link, folder, name, done, controlled: *controlled, file, leave };
        match self.put_file(&putting).await {
            Exchanged::Reply(_) => {}
            Exchanged::NotSent(cause) | Exchanged::MaybeSent(cause) => return Err(cause.to_string()),
        }
        tracing::info!(%party, file = %name, "a result file was put");
        Ok(FileProgress {
            party: party.clone(),
            direction: Direction::Out,
            name: name.clone(),
            flow,
            digest: file.digest,
            phase: FileProgress::ENDED.to_owned(),
            next_row: 0,
            rows: 0,
            state: file.encode(),
        })
    }

    /// Where a file stands whose result is put.
    pub(super) async fn behind_answer(self: &Arc<Self>, written: &Written, flow: Option<FlowId>) -> Stage {
        match flow.filter(|_| written.more) {
            Some(asked) if self.has_open_rows(asked).await => Stage::Answered(asked),
            _ => Stage::Ended(flow),
        }
    }

    /// Where a file stands that has no result.
    async fn behind(
        self: &Arc<Self>,
        version: &Version,
        call: CallRef,
        flow: Option<FlowId>,
        later: bool,
    ) -> Stage {
        match flow.filter(|_| !later && has_later(version, call)) {
            Some(asked) if self.has_open_rows(asked).await => Stage::Answered(asked),
            _ => Stage::Ended(flow),
        }
    }

    /// Whether a flow has rows that have not ended: flows of their own, and rows that have none yet, or wait for another's.
    pub(super) async fn has_open_rows(self: &Arc<Self>, flow: FlowId) -> bool {
        // In this order: a row that begins in between is seen as a flow.
        if self.has_rows_to_come(flow).await {
            return true;
        }
        match self.journal.read(move |reader| reader.has_open_children(flow)).await {
            Ok(open) => open,
            Err(fatal) => {
                self.fail(&fatal);
                true
            }
        }
    }
}

/// Whether a later result follows where rows are open.
fn has_later(version: &Version, call: CallRef) -> bool {
    version.call(call).is_some_and(|program| !program.call.later.is_empty())
}

/// The link on which the answers to files of a link are put: the one that it names, else the party's only one.
fn answers_on<'v>(version: &'v Version, module: usize, link: &LinkProgram) -> Option<&'v LinkProgram> {
    let links = &version.module(module)?.links;
    if let Some(named) = &link.link.answers_on {
        return links.iter().find(|other| other.link.name == *named);
    }
    let files = |other: &&LinkProgram| {
        other.link.connect && matches!(other.link.kind, LinkKind::Sftp | LinkKind::Folder)
    };
    let mut found = links.iter().filter(files);
    found.next().filter(|_| found.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_result_is_read_again() {
        let whole = Written {
            link: "outgoing".to_owned(),
            member: Some("S001".to_owned()),
            folder: FilePath::parse("down/S001").unwrap(),
            name: "DS_0001_R.txt".to_owned(),
            done: Some(".ok".to_owned()),
            controlled: true,
            file: Spooled { name: "result-7".to_owned(), size: 12, digest: [7; 32] },
            more: true,
        };
        let plain = Written {
            member: None,
            done: None,
            controlled: false,
            more: false,
            folder: FilePath::root(),
            ..whole.clone()
        };
        for written in [whole, plain] {
            assert_eq!(Written::decode(&written.encode()), Some(written));
        }
        assert_eq!(Written::decode(b"octets"), None);
    }
}
