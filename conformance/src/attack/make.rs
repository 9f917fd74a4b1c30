//! The attacks, made from one good request: its octets with and without frame, and the same with a wrong seal.

use super::attacked;
use crate::scene::Parts;
use link::world::{Random, SeededRandom};
use serde::Serialize;
use serde_json::Value;

/// Most places at which a message is cut; longer ones are cut at evenly spread places.
const CUTS: usize = 400;

/// What keeps a message from being changed on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Guard {
    /// Nothing.
    Open,
    /// A cipher without a seal: what was changed can be read, as something else.
    Ciphered,
    /// A seal.
    Sealed,
}

/// What is wrong with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AttackKind {
    /// It ends before it should.
    Truncated,
    /// The frame is right, the message in it too short.
    Short,
    /// The frame is right, the message in it too long.
    Long,
    /// The frame's length is wrong.
    Length,
    /// Octets that are no characters.
    Charset,
    /// The seal is wrong.
    Seal,
    /// Another code, or an octet changed anywhere.
    Changed,
    /// Names are missing, doubled or too many.
    Names,
    /// The good message twice at once.
    Twice,
    /// An octet at a time.
    Slow,
    /// Nothing of the protocol at all.
    Garbage,
}

impl AttackKind {
    /// All kinds.
    pub const ALL: [AttackKind; 11] = [
        AttackKind::Truncated,
        AttackKind::Short,
        AttackKind::Long,
        AttackKind::Length,
        AttackKind::Charset,
        AttackKind::Seal,
        AttackKind::Changed,
        AttackKind::Names,
        AttackKind::Twice,
        AttackKind::Slow,
        AttackKind::Garbage,
    ];

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            AttackKind::Truncated => "cut short on the line",
            AttackKind::Short => "too short in a right frame",
            AttackKind::Long => "too long in a right frame",
            AttackKind::Length => "a wrong length of the frame",
            AttackKind::Charset => "octets that are no characters",
            AttackKind::Seal => "a wrong seal",
            AttackKind::Changed => "an octet changed",
            AttackKind::Names => "names missing, doubled or too many",
            AttackKind::Twice => "twice at once",
            AttackKind::Slow => "an octet at a time",
            AttackKind::Garbage => "nothing of the protocol",
        }
    }

    /// Whether this is how such an input may be taken. What is whole must be answered or hung up on; without a seal, an
    /// octet that was changed may make another good message, and under a cipher any octet may. What stands behind the
    /// frame is a message of its own.
    #[must_use]
    pub fn allows(self, outcome: &str, whole: bool, guard: Guard) -> bool {
        let answered = outcome != "bad answer" && outcome != "silence";
        match self {
            AttackKind::Changed if guard != Guard::Sealed && answered => true,
            AttackKind::Charset if guard == Guard::Ciphered && answered => true,
            AttackKind::Long if !whole && answered => true,
            // A good message, however it comes, is answered as a good message.
            AttackKind::Twice | AttackKind::Slow => outcome != "silence",
            _ => {
                let refused =
                    outcome.starts_with("refused") || ["closed", "unread", "status"].contains(&outcome);
                refused || (outcome == "silence" && !whole)
            }
        }
    }
}

/// One bad input.
#[derive(Clone, Debug)]
pub struct Attack {
    /// In words.
    pub name: String,
    /// Its kind.
    pub kind: AttackKind,
    /// What is sent: with its frame, or the content of a request.
    pub octets: Vec<u8>,
    /// What stands around the content on an HTTP link.
    pub around: Parts,
    /// It is whole in its frame, so that an answer is due.
    pub whole: bool,
    /// The sending half of the connection is closed behind it.
    pub ends: bool,
}

/// Makes all attacks from a good request. `wrong_seal`: the same with a wrong seal, if it has one; `framed`: the request
/// with its frame; `over_frames`: the link has frames (else HTTP).
#[must_use]
pub fn make(
    request: &Parts,
    wrong_seal: Option<&Parts>,
    framed: &[u8],
    over_frames: bool,
    random: &SeededRandom,
) -> Vec<Attack> {
    let part = attacked(request);
    let content = request.get(part).to_vec();
    let mut maker = Maker { request, content: &content, framed, over_frames, made: Vec::new() };
    maker.truncated();
    maker.sizes();
    maker.lengths();
    maker.changed();
    if let Some(wrong_seal) = wrong_seal {
        maker.whole(AttackKind::Seal, "wrong seal", wrong_seal.get(part).to_vec());
    }
    maker.names();
    maker.forms();
    maker.garbage(random);
    maker.made
}

struct Maker<'a> {
    request: &'a Parts,
    content: &'a [u8],
    framed: &'a [u8],
    over_frames: bool,
    made: Vec<Attack>,
}

impl Maker<'_> {
    fn push(&mut self, kind: AttackKind, name: impl Into<String>, octets: Vec<u8>, whole: bool, ends: bool) {
        let around = self.request.clone();
        self.made.push(Attack { name: name.into(), kind, octets, around, whole, ends });
    }

    /// A message of other content in a frame of the same form.
    fn whole(&mut self, kind: AttackKind, name: impl Into<String>, content: Vec<u8>) {
        if content == self.content {
            return;
        }
        match self.frame_of(&content) {
            Some(octets) => self.push(kind, name, octets, true, false),
            // A frame without a length in figures: what stands around the content stays.
            None => self.push(kind, name, content, false, true),
        }
    }

    /// The frame around other content: a length in figures before it, or nothing on HTTP.
    fn frame_of(&self, content: &[u8]) -> Option<Vec<u8>> {
        if !self.over_frames {
            return Some(content.to_vec());
        }
        let prefix = self.framed.len().checked_sub(self.content.len())?;
        let (before, payload) = self.framed.split_at_checked(prefix)?;
        if payload != self.content || before.is_empty() || !before.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let before: usize = std::str::from_utf8(before).ok()?.parse().ok()?;
        let over = before.checked_sub(self.content.len())?;
        let mut octets = format!("{:0prefix$}", content.len() + over).into_bytes();
        octets.extend_from_slice(content);
        Some(octets)
    }

    fn truncated(&mut self) {
        let step = self.framed.len().div_ceil(CUTS).max(1);
        for length in (1..self.framed.len()).step_by(step) {
            let octets = self.framed.get(..length).unwrap_or_default().to_vec();
            // Over HTTP a cut content is a whole request.
            self.push(
                AttackKind::Truncated,
                format!("cut at {length}"),
                octets,
                !self.over_frames,
                self.over_frames,
            );
        }
    }

    fn sizes(&mut self) {
        let step = self.content.len().div_ceil(40).max(1);
        for length in (0..self.content.len()).step_by(step) {
            let content = self.content.get(..length).unwrap_or_default().to_vec();
            self.whole(AttackKind::Short, format!("{length} octets in a right frame"), content);
        }
        // Behind a frame of one width begins the next one.
        if self.over_frames && self.framed == self.content {
            return;
        }
        for more in [1, 7, 64, 1_000, 5_000] {
            let mut content = self.content.to_vec();
            content.resize(content.len() + more, b' ');
            content.extend_from_slice(b"x");
            self.whole(AttackKind::Long, format!("{more} octets too many"), content);
        }
    }

    fn lengths(&mut self) {
        let prefix = self.framed.len().saturating_sub(self.content.len()).min(8);
        for place in 0..prefix {
            for octet in [b'0', b'9', b'Z', b' ', 0x00, 0xFF] {
                let mut octets = self.framed.to_vec();
                match octets.get_mut(place) {
                    Some(known) if *known != octet => *known = octet,
                    _ => continue,
                }
                self.push(
                    AttackKind::Length,
                    format!("octet {place} of the length is {octet:#04x}"),
                    octets,
                    false,
                    true,
                );
            }
        }
    }

    fn changed(&mut self) {
        let step = self.content.len().div_ceil(60).max(1);
        for place in (0..self.content.len()).step_by(step) {
            let mut other = self.content.to_vec();
            if let Some(octet) = other.get_mut(place) {
                *octet ^= 0x05;
            }
            self.whole(AttackKind::Changed, format!("octet {place} changed"), other);
            let mut wild = self.content.to_vec();
            if let Some(octet) = wild.get_mut(place) {
                *octet = 0xFF;
            }
            self.whole(AttackKind::Charset, format!("octet {place} is 0xff"), wild);
        }
    }

    /// Formats with names: each name missing once, one too many, one twice.
    fn names(&mut self) {
        let Ok(Value::Object(fields)) = serde_json::from_slice::<Value>(self.content) else {
            return self.tags();
        };
        for name in fields.keys() {
            let mut fewer = fields.clone();
            fewer.shift_remove(name);
            self.whole(
                AttackKind::Names,
                format!("without {name}"),
                Value::Object(fewer).to_string().into_bytes(),
            );
        }
        let text = Value::Object(fields.clone()).to_string();
        let Some(inner) = text.strip_suffix('}') else { return };
        self.whole(AttackKind::Names, "a name too many", format!("{inner},\"nobody\":1}}").into_bytes());
        if let Some((name, value)) = fields.iter().next() {
            let name = Value::String(name.clone());
            self.whole(AttackKind::Names, "a name twice", format!("{inner},{name}:{value}}}").into_bytes());
        }
        let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
        self.whole(AttackKind::Names, "deep nesting", format!("{inner},\"nobody\":{deep}}}").into_bytes());
    }

    fn tags(&mut self) {
        let text = String::from_utf8_lossy(self.content).into_owned();
        if !text.trim_start().starts_with('<') {
            return;
        }
        let Some(last) = text.rfind("</") else { return };
        let with = |more: &str| {
            let (before, after) = text.split_at_checked(last).unwrap_or((&text, ""));
            format!("{before}{more}{after}").into_bytes()
        };
        self.whole(AttackKind::Names, "a tag too many", with("<nobody>1</nobody>"));
        self.whole(AttackKind::Names, "a tag that is not closed", with("<nobody>"));
        self.whole(AttackKind::Names, "deep nesting", with(&"<a>".repeat(5_000)));
        let entity = "<!DOCTYPE a [<!ENTITY b \"c\">]>";
        let bare = text.find("?>").and_then(|end| text.get(end + 2..)).unwrap_or(&text);
        self.whole(
            AttackKind::Names,
            "a document type with an entity",
            format!("{entity}{bare}").into_bytes(),
        );
    }

    /// The good message in bad manners.
    fn forms(&mut self) {
        if !self.over_frames {
            return;
        }
        let twice = [self.framed, self.framed].concat();
        self.push(AttackKind::Twice, "twice at once", twice, true, false);
        self.push(AttackKind::Slow, "an octet at a time", self.framed.to_vec(), true, false);
    }

    fn garbage(&mut self, random: &SeededRandom) {
        for size in [1_usize, 4, 20, 300, 5_000] {
            let mut octets = vec![0; size];
            // A seeded source cannot fail.
            let _ = random.fill(&mut octets);
            self.push(
                AttackKind::Garbage,
                format!("{size} octets of chance"),
                octets,
                !self.over_frames,
                true,
            );
        }
        if self.over_frames {
            let http = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
            self.push(AttackKind::Garbage, "a request of HTTP", http, false, true);
            self.push(
                AttackKind::Garbage,
                "a greeting of TLS",
                vec![0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3],
                false,
                true,
            );
        }
        self.push(AttackKind::Garbage, "nul octets", vec![0; 64], !self.over_frames, true);
    }
}
