//! Rows: how many there are, and which comes next.
//!
//! In: a list of the program. Out: rows appended to the record, each entered in turn.

use dsl::evaluate::Value;
use dsl::program::{FormatForm, Read};

use super::{Begun, Current, Frame, OpenList, Walk, offset};
use crate::codec::read::{Flow, Reader};
use crate::codec::tree::{Kind, NONE};
use crate::codec::{DEPTH_MAX, FaultKind, Wrong, delimited, xml};
use crate::value::Span;

impl Reader<'_> {
    pub(in crate::codec) fn list(&mut self, list: u16, end: u32) -> Result<Flow, Wrong> {
        let form = self.programs.message.lists.get(usize::from(list)).ok_or(FaultKind::Program)?;
        if self.lists.len() >= DEPTH_MAX {
            return Err(FaultKind::Forbidden.into());
        }
        let index = self.rows.index(form.level, form.slot)?;
        let counted = match form.counted_by {
            Some(slot) => match self.record.value(self.rows.index(form.level, slot)?)? {
                Value::Number(count) => Some(u32::try_from(count).map_err(|_| FaultKind::TooManyRows)?),
                _ => Some(0),
            },
            None => None,
        };
        let items = match self.segments() {
            Some(segments) => {
                Some(self.segment_items(segments, form.run.as_ref(), form.max, form.lines_behind)?)
            }
            None if self.in_named() => Some(self.items(form.alone)?),
            None => None,
        };
        let count = match (&items, counted) {
            (Some(items), counted) => {
                let found = offset(items.len());
                if counted.is_some_and(|counted| counted != found) {
                    return Err(FaultKind::Disagrees.into());
                }
                Some(found)
            }
            (None, counted) => counted.or((form.min == form.max && !form.until_end).then_some(form.max)),
        };
        if count.is_some_and(|count| count > form.max) {
            return Err(FaultKind::TooManyRows.into());
        }
        if count.is_some_and(|count| count < form.min) {
            return Err(FaultKind::TooFewRows.into());
        }
        // Room for rows that are said to come is made only as far as octets can hold them.
        let left = self.frames.last().map_or(0, |frame| frame.span.end.saturating_sub(frame.at));
        let room = if items.is_some() { count.unwrap_or(0) } else { count.unwrap_or(4).min(left) };
        self.record.begin_list(index, form.stride, room)?;
        self.lists.push(OpenList { list, index, row: 0, count, items, begun: Begun::default() });
        if self.another_row()? {
            return Ok(Flow::On);
        }
        self.end_list()?;
        Ok(Flow::To(end))
    }

    /// The items of the list that is the current value, the first one last.
    pub(super) fn items(&mut self, alone: bool) -> Result<Vec<u32>, Wrong> {
        let Current::Node(node) = self.current else { return Ok(Vec::new()) };
        let frame = self.frame()?;
        let kind = self.tree.node(node).map(|node| node.kind);
        let mut items = match self.format(frame.format)? {
            FormatForm::Json { .. } => match kind {
                Some(Kind::List) => self.tree.children(node).collect(),
                Some(Kind::Null) => Vec::new(),
                _ if alone => vec![node],
                _ => return Err(FaultKind::NotOfForm.into()),
            },
            _ if frame.templates.as_ref().is_some_and(|templates| templates.list.is_some()) => {
                self.template_items(frame, node)?
            }
            FormatForm::Zip { .. } => {
                let pattern = frame.pattern.as_deref().ok_or(FaultKind::Program)?;
                let more = |child: &u32| {
                    let found = self.tree.node(*child);
                    *child == node || found.is_some_and(|found| !found.seen && self.is_of(found, pattern))
                };
                let parent = self.tree.node(node).map_or(NONE, |node| node.parent);
                self.tree.children(parent).filter(more).collect()
            }
            _ => {
                let name =
                    |node: u32| self.tree.node(node).map(|node| (node.kind, xml::local(self.name_of(node))));
                let parent = self.tree.node(node).map_or(NONE, |node| node.parent);
                self.tree.children(parent).filter(|child| name(*child) == name(node)).collect()
            }
        };
        items.reverse();
        for item in &items {
            if let Some(node) = self.tree.node_mut(*item) {
                node.seen = true;
            }
        }
        Ok(items)
    }

    pub(super) fn template_items(&self, frame: &Frame, list: u32) -> Result<Vec<u32>, Wrong> {
        let elements = self
            .tree
            .children(list)
            .filter(|child| self.tree.node(*child).is_some_and(|node| node.kind == Kind::Group));
        let Some(item) = frame.templates.as_ref().and_then(|templates| templates.item.as_ref()) else {
            return Ok(elements.collect());
        };
        let content = |(row, child): (usize, u32)| {
            let row = row.to_string();
            item.content(&self.tree, &self.record, child, row.as_bytes()).ok_or_else(|| {
                let at = self.tree.node(child).map_or(0, |node| node.outer.start);
                Wrong { kind: FaultKind::NotOfForm, at }
            })
        };
        elements.enumerate().map(content).collect()
    }

    pub(super) fn another_row(&mut self) -> Result<bool, Wrong> {
        let open = self.lists.last().ok_or(FaultKind::Program)?;
        let form = self.programs.message.lists.get(usize::from(open.list)).ok_or(FaultKind::Program)?;
        let more = match (&open.items, open.count) {
            (Some(items), _) => !items.is_empty(),
            (None, Some(count)) => open.row < count,
            (None, None) => {
                let frame = self.frame()?;
                let left =
                    frame.at < frame.span.end || (frame.walk == Walk::Delimited && frame.more && frame.taken);
                if left && open.row >= form.max {
                    if form.until_end {
                        return Err(Wrong { kind: FaultKind::TooManyRows, at: frame.at });
                    }
                    false
                } else {
                    left && self.lines_left(frame, form.lines_behind)?
                }
            }
        };
        if !more {
            return Ok(false);
        }
        let (index, row) = (open.index, open.row);
        let base = self.record.append_row(index, form.max).map_err(|_| FaultKind::TooManyRows)?;
        self.rows.push(form.level, index, row, base);
        let begun = Begun {
            formats: self.frames.len(),
            nodes: self.tree.nodes.len(),
            rows: self.rows.depth(),
            severals: self.severals.len(),
            groups: self.frames.last().map_or(0, |frame| frame.groups.len()),
        };
        let open = self.lists.last_mut().ok_or(FaultKind::Program)?;
        open.begun = begun;
        if let Some(item) = open.items.as_mut().and_then(Vec::pop) {
            self.current = Current::Node(item);
        }
        Ok(true)
    }

    /// Gives up the row of the innermost list that tolerates it; gives the instruction that goes on to the next one.
    pub(in crate::codec) fn give_up_row(&mut self) -> Option<usize> {
        let lists = &self.programs.message.lists;
        let tolerant = |open: &OpenList| lists.get(usize::from(open.list)).is_some_and(|list| list.tolerant);
        let place = self.lists.iter().rposition(tolerant)?;
        let (list, index, begun) = self.lists.get(place).map(|open| (open.list, open.index, open.begun))?;
        let read = self.programs.message.read.get(self.at..)?;
        let next = read.iter().position(|op| matches!(op, Read::Next { list: of, .. } if *of == list))?;
        self.lists.truncate(place + 1);
        self.frames.truncate(begun.formats);
        self.tree.truncate(begun.nodes);
        self.rows.truncate(begun.rows);
        self.severals.truncate(begun.severals);
        // What stands behind the list is looked for where the list stands, not where the row ended.
        if let Some(frame) = self.frames.last_mut()
            && let Some(around) = frame.groups.get(begun.groups).copied()
        {
            (frame.group, frame.hint) = around;
            frame.groups.truncate(begun.groups);
        }
        self.record.give_up_row(index);
        self.current = Current::Nothing;
        Some(self.at + next)
    }

    /// Whether more lines are left than those that follow the rows.
    fn lines_left(&self, frame: &Frame, behind: u16) -> Result<bool, Wrong> {
        if behind == 0 {
            return Ok(true);
        }
        let ends = delimited::line_ends(self.format(frame.format)?);
        let mut rest = self.record.octets(Span { start: frame.at, ..frame.span });
        for _ in 0..behind {
            let end = ends.iter().filter_map(|end| memchr::memmem::find(rest, end).map(|at| at + end.len()));
            let Some(end) = end.min() else { return Ok(false) };
            rest = rest.get(end..).unwrap_or_default();
        }
        Ok(!rest.is_empty())
    }

    pub(in crate::codec) fn next(&mut self, list: u16, back: u32) -> Result<Flow, Wrong> {
        let open = self.lists.last_mut().filter(|open| open.list == list).ok_or(FaultKind::Program)?;
        open.row += 1;
        self.rows.pop();
        if self.another_row()? {
            return Ok(Flow::To(back));
        }
        self.end_list()?;
        Ok(Flow::On)
    }

    pub(super) fn end_list(&mut self) -> Result<(), Wrong> {
        let open = self.lists.pop().ok_or(FaultKind::Program)?;
        let form = self.programs.message.lists.get(usize::from(open.list)).ok_or(FaultKind::Program)?;
        if open.row < form.min {
            return Err(FaultKind::TooFewRows.into());
        }
        self.current = Current::Nothing;
        Ok(())
    }
}
