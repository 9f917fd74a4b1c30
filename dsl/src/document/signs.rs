//! The signs of segment texts and tag=value texts in words.
//!
//! In: a form of the model. Out: lines in Chinese and English, not yet escaped. It must not know HTML.

use crate::model::{Segments, ShownSign};

/// What a form says, a line for each clause.
pub(super) fn signs(form: &Segments) -> Vec<String> {
    let shown = |sign: &str| format!("`{}`", sign.escape_debug());
    let mut said = Vec::new();
    if let Some(lines) = &form.lines {
        let others: Vec<String> = lines.tolerated.iter().map(|end| shown(end)).collect();
        let also = if others.is_empty() {
            String::new()
        } else {
            format!(" (也收 also read: {})", others.join(" "))
        };
        let named = if lines.named {
            "首位为段名 the first place is the name"
        } else {
            "无段名 without names"
        };
        said.push(format!("行 lines: {named}, 结束 ended by {}{also}", shown(&lines.ended)));
    }
    if let Some((between, ended)) = &form.tagged {
        said.push(format!("标签=值 tag {} value, 结束 ended by {}", shown(between), shown(ended)));
    }
    for (level, sign) in form.levels.iter().enumerate() {
        let behind = if form.ended && level == 0 { ", 末位之后也有 behind the last too" } else { "" };
        said.push(format!("第 {} 级 level {}: {}{behind}", level + 1, level + 1, shown(sign)));
    }
    said.extend(form.repeat.as_ref().map(|sign| format!("重复 repetitions: {}", shown(sign))));
    if let Some(escape) = &form.escape {
        let rows: Vec<String> = escape
            .rows
            .iter()
            .map(|(code, meaning)| match meaning {
                Some(meaning) => format!("{code} = {}", shown(meaning)),
                None => format!("{code} + 十六进制 hex"),
            })
            .collect();
        said.push(format!(
            "转义 escapes: {}…{}: {}",
            shown(&escape.from),
            shown(&escape.to),
            rows.join(", ")
        ));
    }
    if let Some((line, signs)) = &form.declared {
        let signs: Vec<String> = signs
            .iter()
            .map(|sign| match sign {
                ShownSign::Level(level) => format!("level {}", level + 1),
                ShownSign::Repeat => "repeat".to_owned(),
                ShownSign::Escape => "escape".to_owned(),
            })
            .collect();
        said.push(format!(
            "{line} 为首行, 自带符号 is the first line and shows the signs: {}",
            signs.join(", ")
        ));
    }
    if form.free {
        let bound = |word: &str, name: &Option<Box<str>>| name.as_ref().map(|name| format!(" {word} {name}"));
        let (after, before) = (bound("after", &form.after), bound("before", &form.before));
        said.push(format!("次序任意 any order{}{}", after.unwrap_or_default(), before.unwrap_or_default()));
    }
    let kept = if form.trailing_kept { "写 written" } else { "不写 not written" };
    if form.tagged.is_none() {
        said.push(format!("行尾空位 empty places at the end of a line: {kept}"));
    }
    let unknown = if form.unknown_kept { "忽略 kept" } else { "拒收 refused" };
    said.push(format!("未列者 what is not listed: {unknown}"));
    said
}
