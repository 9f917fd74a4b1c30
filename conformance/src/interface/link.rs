//! Links as JSON: who connects, how messages stand on the line, for how long one waits.

use super::expression::{Here, expression, load};
use super::value::hex;
use dsl::model::{AfterFile, CallId, Frame, Hold, LineEnd, Link, LinkKind, PrefixKind, Silence, TaggedPlace};
use serde_json::{Value, json};

pub(super) fn link(here: Here<'_>, link: &Link) -> Value {
    let kind = match link.kind {
        LinkKind::Tcp => "tcp",
        LinkKind::Http => "http",
        LinkKind::Https => "https",
        LinkKind::Sftp => "sftp",
        LinkKind::Folder => "folder",
    };
    let bank = match (link.kind, link.connect) {
        (LinkKind::Sftp | LinkKind::Folder, true) => "puts files",
        (LinkKind::Sftp | LinkKind::Folder, false) => "takes files",
        (_, true) => "connects",
        (_, false) => "accepts",
    };
    let (connections, exchanges) = match link.hold {
        Hold::None => (None, "a connection for each"),
        Hold::Single(count) => (Some(count), "one at a time"),
        Hold::Many(count) => (Some(count), "many at a time"),
    };
    let beats = link.beats.iter().map(|beat| {
        let call = beat.call.and_then(|CallId(call)| here.module.calls.get(usize::from(call)));
        let without = match beat.without {
            Silence::Idle => "anything either way",
            Silence::Unsent => "anything sent",
            Silence::Unheard => "anything heard",
        };
        json!({
            "call": call.map(|call| &*call.name),
            "empty_frame": beat.call.is_none(),
            "after_ms": beat.after_ms,
            "without": without,
            "closed_after_ms": beat.close_after_ms,
        })
    });
    let http = link
        .post
        .as_ref()
        .map(|(method, path)| json!({ "method": &**method, "path": expression(here, path) }));
    let once = link.once.iter().map(|(what, days)| json!({ "by": &**what, "days": days }));
    let after = match &link.after {
        AfterFile::Leave => json!("left"),
        AfterFile::Delete => json!("deleted"),
        AfterFile::Move(folder) => json!({ "moved_to": expression(here, folder) }),
    };
    json!({
        "name": &*link.name,
        "label": &*link.label,
        "kind": kind,
        "bank": bank,
        "carries": link.carries.as_deref(),
        "frame": frame(&link.frame),
        "held": json!({ "connections": connections, "exchanges": exchanges }),
        "answers_known_by": match &*link.matches {
            [] => Value::Null,
            [fact] => load(of_first_message(here, link), *fact),
            several => json!({ "first_there": several.iter().map(|fact| load(of_first_message(here, link), *fact)).collect::<Vec<_>>() }),
        },
        "answers_on": link.answers_on.as_deref(),
        "beats": beats.collect::<Vec<_>>(),
        "unread": link.unread.and_then(|CallId(call)| here.module.calls.get(usize::from(call))).map(|call| &*call.name),
        "connect_ms": link.connect_ms,
        "answer_ms": link.answer_ms,
        "closed_when_idle_ms": link.idle_ms,
        "garbled_is_skipped": link.garbled_skip,
        "http": http,
        "folder": link.folder.as_ref().map(|folder| expression(here, folder)),
        "looked_every": link.poll.as_ref().map(|poll| expression(here, poll)),
        "same_file": once.collect::<Vec<_>>(),
        "written_under_another_name_first": link.temporary,
        "file_taken_is": after,
        "tolerates": link.tolerate,
    })
}

/// What a link says of a field stands in any message that goes over it; it is told by the first.
fn of_first_message<'a>(here: Here<'a>, link: &Link) -> Here<'a> {
    let place = here.module.links.iter().position(|known| known.name == link.name);
    let mut calls = here.module.calls.iter();
    let call = calls.find(|call| Some(usize::from(call.link)) == place);
    let message = call.and_then(|call| here.module.messages.get(usize::from(call.request.0)));
    Here { call, message, ..here }
}

/// How a length is written.
pub(super) fn prefix_word(kind: PrefixKind) -> &'static str {
    match kind {
        PrefixKind::Ascii => "ascii figures",
        PrefixKind::Blanks => "ascii figures, blanks behind",
        PrefixKind::Bcd => "packed figures",
        PrefixKind::Big => "binary, most significant first",
        PrefixKind::Little => "binary, least significant first",
    }
}

fn frame(frame: &Frame) -> Value {
    match frame {
        Frame::None => Value::Null,
        Frame::Prefix { size, kind, counts_itself } => {
            json!({ "frame": "length", "size": size, "written": prefix_word(*kind), "counts_itself": counts_itself })
        }
        Frame::PrefixLine { end, counts_itself } => {
            let end = match end {
                LineEnd::Lf => "0A",
                LineEnd::CrLf => "0D0A",
                LineEnd::Cr => "0D",
            };
            json!({ "frame": "length on a line", "end": end, "counts_itself": counts_itself })
        }
        Frame::InHead { offset, size, kind, head, beside, parts } => {
            let parts = parts.map(|parts| {
                let length = json!({ "offset": parts.length_offset, "size": parts.length_size, "written": prefix_word(parts.kind) });
                json!({ "offset": parts.offset, "size": parts.size, "head": parts.head, "length": length })
            });
            let mut whole = json!({ "frame": "length in a head", "head": head, "offset": offset, "size": size, "written": prefix_word(*kind) });
            let beside = beside.map(|beside| {
                json!({ "offset": beside.offset, "size": beside.size, "written": prefix_word(beside.kind) })
            });
            if let Value::Object(whole) = &mut whole {
                whole.extend(beside.map(|beside| ("second".to_owned(), beside)));
                whole.extend(parts.map(|parts| ("parts".to_owned(), parts)));
            }
            whole
        }
        Frame::ByTag(tagged) => {
            let place = |place: &TaggedPlace| json!({ "begins": hex(&place.mark), "most": place.most });
            let places = |all: &[TaggedPlace]| all.iter().map(place).collect::<Vec<_>>();
            json!({
                "frame": "length in a tagged value",
                "before": places(&tagged.before),
                "length": place(&tagged.length),
                "not_counted": places(&tagged.behind),
                "end": hex(&tagged.end),
                "checksum": tagged.sum.as_deref(),
            })
        }
        Frame::Fixed(size) => json!({ "frame": "fixed", "size": size }),
        Frame::Ended(end) => json!({ "frame": "ended", "end": hex(end) }),
        Frame::Between(begin, end) => json!({ "frame": "between", "begin": hex(begin), "end": hex(end) }),
        Frame::UntilClose => json!({ "frame": "until the connection is closed" }),
    }
}
