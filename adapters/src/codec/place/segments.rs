//! How segment texts and tag=value texts are written: names of lines, signs up to a place, ends.
//!
//! In: the writer's layer and the form of a `delimited` item. Out: octets in the part that is written.

use dsl::program::{SegmentsForm, Write};

use super::Behind;
use crate::codec::segments;
use crate::codec::write::Writer;
use crate::codec::{FaultKind, Wrong};

/// What is open in a segment text.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Within {
    /// Lines or tags.
    Sequence,
    /// Places, parted by the sign of that level; the last one written, and whether any was.
    Places { level: usize, last: u16, any: bool, line: Option<Box<str>> },
}

impl Within {
    /// What is open at first.
    pub(super) fn of(form: &SegmentsForm) -> Self {
        if form.form.tagged.is_some() || form.form.lines.is_some() {
            Within::Sequence
        } else {
            Within::places(0, 1, None)
        }
    }

    fn places(level: usize, last: u16, line: Option<Box<str>>) -> Self {
        Within::Places { level, last, any: false, line }
    }
}

impl Writer<'_> {
    /// What stands before a value: its tag, or the signs up to its place.
    pub(super) fn begin_segment(&mut self, form: &SegmentsForm) -> Result<(), Wrong> {
        let name = self.value_name()?;
        if let Some((between, _)) = &form.form.tagged {
            self.put_octets(name.octets());
            self.put_octets(between.as_bytes());
            return Ok(());
        }
        let place = name.number.ok_or(FaultKind::Program)?;
        let Some(Within::Places { level, last, any, .. }) = self.layer()?.within.last_mut() else {
            return Err(FaultKind::Program.into());
        };
        let repeats = *any && *last == place;
        let missing = place.checked_sub(*last).ok_or(FaultKind::Program)?;
        (*last, *any) = (place, true);
        let sign = if repeats { form.form.repeat.as_ref() } else { form.form.levels.get(*level) };
        let sign = sign.ok_or(FaultKind::Program)?.as_bytes();
        self.put_octets(&sign.repeat(if repeats { 1 } else { usize::from(missing) }));
        Ok(())
    }

    /// A line, the parts of a place, or a row of several lines or tags begins.
    pub(super) fn down_segment(&mut self, form: &SegmentsForm) -> Result<(), Wrong> {
        let layer = self.layer()?;
        let named = layer.name.is_some() || matches!(layer.items.last(), Some((Some(_), _)));
        let within = match layer.within.last() {
            Some(Within::Sequence) if named => {
                let name = self.value_name()?;
                self.begin_line(form, &name.text)?
            }
            Some(Within::Sequence) => Within::Sequence,
            Some(Within::Places { level, .. }) => {
                let level = level + 1;
                self.begin_value()?;
                Within::places(level, 1, None)
            }
            None => return Err(FaultKind::Program.into()),
        };
        self.open_group(Behind::Nothing)?;
        self.layer()?.within.push(within);
        Ok(())
    }

    fn begin_line(&mut self, form: &SegmentsForm, name: &str) -> Result<Within, Wrong> {
        let named = form.form.lines.as_ref().is_some_and(|lines| lines.named);
        if !named {
            return Ok(Within::places(0, 1, Some(name.into())));
        }
        self.put_octets(name.as_bytes());
        let shown = form.form.declared.as_ref().filter(|(line, _)| **line == *name);
        if let Some((_, shown)) = shown {
            self.put_octets(&segments::shown(&form.form, shown));
        }
        Ok(Within::places(0, if shown.is_some() { 2 } else { 0 }, Some(name.into())))
    }

    /// What was begun ends: of a line its empty places where they are written, and its end.
    pub(super) fn up_segment(&mut self, form: &SegmentsForm) -> Result<(), Wrong> {
        let layer = self.layer()?;
        layer.groups.pop();
        layer.group_starts.pop();
        layer.items.pop();
        if let Some(Within::Places { last, line: Some(line), .. }) = layer.within.pop() {
            let most = form.lines.iter().find(|(known, _)| *known == line).map_or(last, |(_, most)| *most);
            let left = if form.form.trailing_kept { most.saturating_sub(last) } else { 0 };
            let sign = form.form.levels.first().map_or(&b""[..], |sign| sign.as_bytes());
            self.put_octets(&sign.repeat(usize::from(left) + usize::from(form.form.ended)));
            let end = form.form.lines.as_ref().map_or(&b""[..], |lines| lines.ended.as_bytes());
            self.put_octets(end);
        }
        self.after_group()
    }

    /// What ends the whole: places of which each has its end have one behind the last.
    pub(super) fn close_segments(&self, form: &SegmentsForm) -> Vec<u8> {
        let within = self.layers.last().and_then(|layer| layer.within.last());
        match within {
            Some(Within::Places { any: true, .. }) if form.form.ended => {
                form.form.levels.first().map(|sign| sign.as_bytes().to_vec()).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// Whether a region that begins here is of what stands in a place: the signs up to it are no part of it.
    pub(super) fn marks_a_place(&self) -> bool {
        let in_places =
            matches!(self.layers.last().and_then(|layer| layer.within.last()), Some(Within::Places { .. }));
        in_places && matches!(self.use_of_next(), Some(Write::Down))
    }
}
