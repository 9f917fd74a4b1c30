//! Links, sessions and ways out of unknown in words, for people of both sides.
//!
//! In: parts of a checked model. Out: texts in Chinese and English, not yet escaped. It must not know HTML.

use crate::model::{
    Beat, CallId, Frame, Hold, LineEnd, Link, LinkKind, Module, PrefixKind, Session, Silence, Way,
};
use crate::value::Pauses;

/// What a link is.
pub(super) fn link_kind(link: &Link) -> &'static str {
    match link.kind {
        LinkKind::Tcp => "TCP",
        LinkKind::Http => "HTTP",
        LinkKind::Https => "HTTPS",
        LinkKind::Sftp => "SFTP",
        LinkKind::Folder => "文件夹 folder",
    }
}

/// How a link is used.
pub(super) fn link(module: &Module, link: &Link) -> String {
    let kind = link_kind(link);
    let way = match (link.kind, link.connect) {
        (LinkKind::Sftp | LinkKind::Folder, true) => "行方写 the bank puts",
        (LinkKind::Sftp | LinkKind::Folder, false) => "行方取 the bank takes",
        (_, true) => "行方发起连接 the bank connects",
        (_, false) => "行方监听 the bank accepts",
    };
    let hold = match link.hold {
        Hold::None => "短连接 a connection for each exchange".to_owned(),
        Hold::Single(count) => {
            format!("{count} 条长连接, 各一笔 held connections, one exchange at a time each")
        }
        Hold::Many(count) => {
            format!("{count} 条长连接, 多笔并行 held connections, many exchanges at a time each")
        }
    };
    let mut said = vec![kind.to_owned(), way.to_owned(), frame(&link.frame)];
    if matches!(link.kind, LinkKind::Tcp) && link.connect {
        said.push(hold);
    }
    let unread = link.unread.map(|call| name(module, call));
    said.extend(unread.map(|call| format!("无法识别时应答 what cannot be read is answered by {call}")));
    said.extend(link.connect_ms.map(|limit| format!("连接时限 connect {}", span(limit))));
    said.extend(link.idle_ms.map(|limit| format!("空闲时限 closed when idle for {}", span(limit))));
    said.extend(link.beats.iter().map(|beat| self::beat(module, *beat)));
    if link.garbled_skip {
        said.push("乱码跳过 what is no message is stepped over".to_owned());
    }
    said.extend(link.answer_ms.map(|limit| format!("应答时限 answer {}", span(limit))));
    said.retain(|part| !part.is_empty());
    said.join(" · ")
}

fn beat(module: &Module, beat: Beat) -> String {
    let what = match beat.call {
        Some(call) => name(module, call),
        None => "空报文 an empty frame",
    };
    let without = match beat.without {
        Silence::Idle => "收发皆无 nothing either way",
        Silence::Unsent => "未发送 nothing sent",
        Silence::Unheard => "未收到 nothing heard",
    };
    let close = beat
        .close_after_ms
        .map(|limit| format!(", 再无回音即断 closed when silent for another {}", span(limit)));
    format!("心跳 beat: {what} ({without}, {}{})", span(beat.after_ms), close.unwrap_or_default())
}

fn prefix(kind: PrefixKind) -> &'static str {
    match kind {
        PrefixKind::Ascii => "位 ASCII 数字 ASCII figures",
        PrefixKind::Blanks => "位 ASCII 数字, 右补空格 ASCII figures, blanks behind",
        PrefixKind::Bcd => "位 BCD 数字 BCD figures",
        PrefixKind::Big => "字节大端 octets, most significant first",
        PrefixKind::Little => "字节小端 octets, least significant first",
    }
}

fn frame(frame: &Frame) -> String {
    let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02X}")).collect::<String>();
    match frame {
        Frame::None => String::new(),
        Frame::Prefix { size, kind, counts_itself } => {
            let own =
                if *counts_itself { "含自身 itself counted" } else { "不含自身 itself not counted" };
            format!("长度前缀 length: {size} {}, {own}", prefix(*kind))
        }
        Frame::PrefixLine { end, counts_itself } => {
            let own =
                if *counts_itself { "含自身 itself counted" } else { "不含自身 itself not counted" };
            let end = match end {
                LineEnd::Lf => "LF",
                LineEnd::CrLf => "CR LF",
                LineEnd::Cr => "CR",
            };
            format!("长度独占一行 length on a line ended by {end}, {own}")
        }
        Frame::InHead { offset, size, kind, head, beside, parts } => {
            let mut own =
                format!("长度在报文头 length in a head of {head}: at {offset}, {size} {}", prefix(*kind));
            if let Some(beside) = beside {
                own += &format!(
                    "; 其后另一长度 a second behind what that counts: at {}, {} {}",
                    beside.offset,
                    beside.size,
                    prefix(beside.kind)
                );
            }
            match parts {
                None => own,
                Some(parts) => format!(
                    "{own}; 其后的附件数 parts behind it: at {}, {}; 各有 {} 字节头 each with a head of {}: length at {}, {} {}",
                    parts.offset,
                    parts.size,
                    parts.head,
                    parts.head,
                    parts.length_offset,
                    parts.length_size,
                    prefix(parts.kind)
                ),
            }
        }
        Frame::ByTag(tagged) => format!(
            "长度在标签 length in the tag {}, 其后至 of what follows it up to {}",
            String::from_utf8_lossy(&tagged.length.mark),
            tagged.behind.first().map_or("".into(), |place| String::from_utf8_lossy(&place.mark)),
        ),
        Frame::Fixed(size) => format!("定长 {size} 字节 octets"),
        Frame::Ended(end) => format!("结束符 ended by {}", hex(end)),
        Frame::Between(begin, end) => format!("起止符 between {} and {}", hex(begin), hex(end)),
        Frame::UntilClose => "至连接关闭 until the connection is closed".to_owned(),
    }
}

/// A span of time.
pub(super) fn span(milliseconds: u64) -> String {
    match milliseconds {
        whole if whole % 60_000 == 0 && whole > 0 => format!("{} 分 min", whole / 60_000),
        whole if whole % 1_000 == 0 => format!("{} 秒 s", whole / 1_000),
        other => format!("{other} ms"),
    }
}

fn name(module: &Module, call: CallId) -> &str {
    module.calls.get(usize::from(call.0)).map_or("", |call| &call.name)
}

/// When something is tried again, and how often.
fn tries(pauses: &Pauses, times: Option<u32>) -> String {
    match (pauses, times) {
        (Pauses::Given(each), _) => {
            let each: Vec<_> = each.iter().map(|pause| span(*pause)).collect();
            format!("after {}", each.join(", "))
        }
        (Pauses::Doubling { every_ms, .. }, Some(times)) => {
            format!("every {}, up to {times} times", span(*every_ms))
        }
        (Pauses::Doubling { every_ms, .. }, None) => format!("every {} until the cut-over", span(*every_ms)),
    }
}

/// The way out of unknown, step by step.
pub(super) fn ways(
    module: &Module,
    ways: &[Way],
    reason: &dyn Fn(crate::value::Symbol) -> String,
) -> Vec<String> {
    let step = |way: &Way| match way {
        Way::Enquire { with, pauses, times } => {
            format!("查证 enquire by {} {}", name(module, *with), tries(pauses, Some(*times)))
        }
        Way::Repeat { pauses, times } => format!("重发 repeat the same {}", tries(pauses, *times)),
        Way::Undo { with } => format!("冲正 reverse by {}", name(module, *with)),
        Way::Park => "挂起, 人工处理 people decide".to_owned(),
        Way::Refuse(why) => format!("拒绝 refused: {}", reason(*why)),
    };
    ways.iter().map(step).collect()
}

/// A session, in sentences.
pub(super) fn session(
    module: &Module,
    session: &Session,
    reason: &dyn Fn(crate::value::Symbol) -> String,
) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(open) = session.open {
        let mut when: Vec<String> = Vec::new();
        if session.at_start {
            when.push("启动时 at start".to_owned());
        }
        if session.at_connect {
            when.push("每次建连 on each connection".to_owned());
        }
        when.extend(session.at.iter().map(|minute| format!("{:02}:{:02}", minute / 60, minute % 60)));
        said.push(format!("行方签到 the bank signs in by {} ({})", name(module, open), when.join(", ")));
    }
    if let Some(serve) = session.serve {
        said.push(if session.changes.is_empty() {
            format!("对方签到 the party signs in by {}", name(module, serve))
        } else {
            format!("对方更换 the party changes values by {}", name(module, serve))
        });
    }
    if session.per_member {
        said.push("每成员一个 one for each member".to_owned());
    }
    for value in &session.values {
        let how = match (value.make, session.changes.is_empty()) {
            (true, _) => "行方生成 drawn by the bank",
            (false, true) => "由签到应答得 from the sign-in",
            (false, false) => "由对方报文得 from the party's message",
        };
        said.push(format!("{}: {how}", value.name));
    }
    for (why, _) in &session.renew {
        said.push(format!("遇此码重新签到 signed in again on: {}", reason(*why)));
    }
    if session.new_serial {
        said.push("重发换新流水号 what was refused so is asked again under a new serial".to_owned());
    }
    if session.overlap_ms > 0 {
        said.push(format!("旧值再有效 the old values stay good for {}", span(session.overlap_ms)));
    }
    if session.early_ms > 0 {
        said.push(format!("提前更新 taken anew {} before its end", span(session.early_ms)));
    }
    if let Some(numbering) = session.numbering {
        let when =
            if numbering.daily { "每日重新起号 begun anew each day" } else { "连续 kept for ever" };
        said.push(format!(
            "报文连续编号 messages are numbered each way ({when}); 缺号以 what is missing is asked for by {}, 以 and filled by {}",
            name(module, numbering.gap.0),
            name(module, numbering.fill.0)
        ));
        if numbering.resends {
            said.push("仅未决报文重发 only what is still open is sent again".to_owned());
        }
    }
    if let Some(close) = session.close {
        let when = match session.close_at {
            None => "日切 at the cut-over".to_owned(),
            Some(minute) => format!("{:02}:{:02}", minute / 60, minute % 60),
        };
        said.push(format!("签退 signed off by {} ({when})", name(module, close)));
    }
    said
}
