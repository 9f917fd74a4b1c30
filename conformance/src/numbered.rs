//! Numbered sessions as simulated parties and suites keep them: gaps are asked for, what is asked for is filled.
//!
//! In: what comes on a line. Out: what is to be heard, in its turn, and what is to be said about numbers. Nothing stays open
//! here: whoever answers does not know who waits, so all that is asked for is filled. It must not know a socket.

use crate::fields::{Named, at};
use crate::scene::{Adapter, Parts, Scene, read, recognise, seen};
use dsl::model::{CallId, Numbering};
use dsl::program::{LinkProgram, ModuleProgram};
use link::numbered::{Again, Came, Numbers};
use serde_json::{Map, Value as Json};

/// The numbers of one link.
pub(crate) type Counted = Numbers<(), Early>;

/// Numbers that nothing has been counted with.
pub(crate) fn unused() -> Counted {
    Numbers::new(1, 1)
}

/// A message that came before those in front of it.
#[derive(Clone, Debug)]
pub(crate) struct Early {
    parts: Parts,
    /// It was heard already, because it could not wait.
    heard: bool,
}

/// What follows from a message that came.
pub(crate) enum Turn {
    /// It is heard now.
    Hear(Parts),
    /// This is said about numbers.
    Say(Saying),
    /// The connection is closed: the two sides do not count alike.
    Close,
}

/// A message of the session about numbers.
pub(crate) struct Saying {
    /// Which.
    pub(crate) call: CallId,
    /// Under this number, as sent again; else under the next.
    pub(crate) again: Option<u64>,
    /// What it says.
    pub(crate) fields: Map<String, Json>,
}

/// How the messages of a link are numbered, if they are.
pub(crate) fn numbering(module: &ModuleProgram, link: usize) -> Option<Numbering> {
    let mut all = module.sessions.iter().filter_map(|session| session.session.numbering);
    all.find(|numbering| usize::from(numbering.link) == link)
}

/// One side of a numbered line.
pub(crate) struct Side<'a> {
    pub(crate) adapter: &'a Adapter,
    pub(crate) link: &'a LinkProgram,
    pub(crate) numbering: Numbering,
    /// Where the fields of a message's own call stand.
    pub(crate) inner: &'a dyn Fn(u16) -> String,
    /// A scene to read in.
    pub(crate) scene: &'a dyn Fn() -> Scene,
}

impl Side<'_> {
    /// A message came: what is heard and said now, in order.
    pub(crate) fn came(&self, numbers: &mut Counted, parts: Parts) -> Vec<Turn> {
        let Some((code, number, again)) = self.seen(&parts) else { return vec![Turn::Hear(parts)] };
        let mut turns = Vec::new();
        match numbers.came(number) {
            Came::Known if again => return turns,
            Came::Known => return vec![Turn::Close],
            Came::Next => self.in_turn(numbers, &code, parts, &mut turns),
            Came::Early(missing) => {
                let heard = self.cannot_wait(&code);
                if heard {
                    self.in_turn(numbers, &code, parts.clone(), &mut turns);
                }
                numbers.keep_early(number, Early { parts, heard });
                turns.extend(missing.map(|(first, last)| {
                    let fields = said(&[("first", first), ("last", last)]);
                    Turn::Say(Saying { call: self.numbering.gap.0, again: None, fields })
                }));
            }
        }
        while let Some(early) = numbers.in_turn() {
            if !early.heard
                && let Some((code, ..)) = self.seen(&early.parts)
            {
                self.in_turn(numbers, &code, early.parts, &mut turns);
            }
        }
        turns
    }

    /// The number of a message that came.
    pub(crate) fn number(&self, parts: &Parts) -> Option<u64> {
        self.seen(parts).map(|(_, number, _)| number)
    }

    fn seen(&self, parts: &Parts) -> Option<(String, u64, bool)> {
        let recogniser = self.link.recogniser.as_ref()?;
        let (number, again) = seen(&mut (self.scene)(), recogniser, parts)?;
        Some((recognise(&mut (self.scene)(), recogniser, parts)?, number, again))
    }

    /// Who asks for what it missed, and who opens a session, cannot wait for what is missing here.
    fn cannot_wait(&self, code: &str) -> bool {
        let module = &self.adapter.module;
        let opens =
            module.sessions.iter().filter_map(|session| session.session.serve.or(session.session.open));
        opens.chain([self.numbering.gap.1]).any(|call| self.is(code, call))
    }

    fn in_turn(&self, numbers: &mut Counted, code: &str, parts: Parts, turns: &mut Vec<Turn>) {
        if self.is(code, self.numbering.fill.1) {
            if let Some(next) = self.said(&parts, self.numbering.fill.1, "next") {
                numbers.filled(next);
            }
        } else if self.is(code, self.numbering.gap.1) {
            let asked = |name: &str| self.said(&parts, self.numbering.gap.1, name);
            let (Some(first), Some(last)) = (asked("first"), asked("last")) else { return };
            turns.extend(numbers.again(first, last).into_iter().map(|again| {
                let (number, next) = match again {
                    Again::Fill(number, next) => (number, next),
                    Again::Send(number, ()) => (number, number + 1),
                };
                let call = self.numbering.fill.0;
                Turn::Say(Saying { call, again: Some(number), fields: said(&[("next", next)]) })
            }));
        } else {
            turns.push(Turn::Hear(parts));
        }
    }

    /// Whether a code is that of a message of a call that comes here.
    fn is(&self, code: &str, call: CallId) -> bool {
        self.link.by_code.iter().any(|(known, of, _)| **known == *code && *of == call)
    }

    /// A number that a message about numbers says.
    fn said(&self, parts: &Parts, call: CallId, name: &str) -> Option<u64> {
        let request = self.adapter.module.calls.get(usize::from(call.0))?.call.request;
        let program = &self.adapter.module.program;
        let message = program.messages.get(usize::from(request.0))?;
        let heard = read(&mut (self.scene)(), request, parts).filter(|heard| heard.fault.is_none())?;
        let tree = Named { program, message, symbols: &self.adapter.symbols }.tree(&heard.record);
        let inner = (self.inner)(request.0);
        let path = if inner.is_empty() { name.to_owned() } else { format!("{inner}.{name}") };
        at(&tree, &path)?.as_u64()
    }
}

fn said(numbers: &[(&str, u64)]) -> Map<String, Json> {
    numbers.iter().map(|(name, number)| ((*name).to_owned(), Json::from(*number))).collect()
}
