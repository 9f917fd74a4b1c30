//! Lines, places and tags that are asked for by name: in their order where they have one, and rows of several of them.
//!
//! In: the nodes of a segment text or tag=value text. Out: the node that is the current value; the rows of a list.

use dsl::model::RowRun;
use dsl::program::{FormatForm, SegmentsForm};

use super::{Current, Frame};
use crate::codec::read::Reader;
use crate::codec::tree::{Kind, NONE, Node};
use crate::codec::{FaultKind, Wrong};

impl<'p> Reader<'p> {
    /// The form, where the format that is open is such a text.
    pub(super) fn segments(&self) -> Option<&'p SegmentsForm> {
        match self.format(self.frames.last()?.format) {
            Ok(FormatForm::Segments(form)) => Some(form),
            _ => None,
        }
    }

    fn is_named(&self, node: u32, name: &[u8]) -> bool {
        self.tree.node(node).is_some_and(|node| self.name_of(node) == name)
    }

    /// Whether lines or tags stand in what is open.
    fn in_sequence(&self, frame: &Frame) -> bool {
        self.tree.node(frame.group).is_some_and(|group| group.kind == Kind::List)
    }

    /// The line or tag whose turn it is, where they have an order; unknown ones that are kept are stepped over.
    fn next_in_order(&self, frame: &Frame, form: &SegmentsForm) -> Option<u32> {
        let last = self.tree.node(frame.hint).filter(|last| last.parent == frame.group);
        let mut next = match last {
            Some(last) => last.next,
            None => self.tree.node(frame.group)?.first,
        };
        let plain = form.form.lines.as_ref().is_some_and(|lines| !lines.named);
        loop {
            let node = self.tree.node(next)?;
            let name = self.name_of(node);
            let known = plain || form.lines.iter().any(|(known, _)| known.as_bytes() == name);
            if known || !form.form.unknown_kept {
                return Some(next);
            }
            next = node.next;
        }
    }

    /// A line, place or tag of that name.
    pub(super) fn segment(&self, frame: &Frame, form: &SegmentsForm, name: &str) -> Option<(u32, u32)> {
        let group = self.tree.node(frame.group)?;
        if group.kind == Kind::Text {
            // A value is its own first part; nothing has none.
            let first = name == "1" && !group.value.is_empty();
            return first.then_some((frame.group, frame.group));
        }
        let found = if self.in_sequence(frame) && !frame.free {
            let plain = form.form.lines.as_ref().is_some_and(|lines| !lines.named);
            self.next_in_order(frame, form).filter(|next| plain || self.is_named(*next, name.as_bytes()))
        } else {
            self.tree.find(frame.group, frame.hint, |child| {
                self.tree.node(child).is_some_and(|child| !child.seen)
                    && self.is_named(child, name.as_bytes())
            })
        };
        found.map(|found| (found, found))
    }

    /// A group that is not there has no parts: what is compulsory in it says so itself. A line has to be there.
    pub(super) fn may_be_missing(&self) -> bool {
        self.segments().is_some() && self.frames.last().is_some_and(|frame| !self.in_sequence(frame))
    }

    /// The items of a list, the first one last.
    pub(super) fn segment_items(
        &mut self,
        form: &SegmentsForm,
        run: Option<&RowRun>,
        most: u32,
        behind: u16,
    ) -> Result<Vec<u32>, Wrong> {
        let mut items = match (run, self.current) {
            (Some(run), _) => self.runs(form, run, most)?,
            (None, Current::Node(first)) => self.alike(form, first, behind),
            _ => Vec::new(),
        };
        for item in &items {
            if let Some(node) = self.tree.node_mut(*item) {
                node.seen = true;
            }
        }
        if let Some(last) = items.last() {
            self.frame_mut()?.hint = *last;
        }
        items.reverse();
        Ok(items)
    }

    /// The nodes of one name, from the first on: behind each other where there is an order.
    fn alike(&self, form: &SegmentsForm, first: u32, behind: u16) -> Vec<u32> {
        let Some(frame) = self.frames.last() else { return Vec::new() };
        let name = self.tree.node(first).map(|node| self.name_of(node)).unwrap_or_default();
        let rest = self.tree.children(frame.group).skip_while(|child| *child != first);
        if form.form.lines.as_ref().is_some_and(|lines| !lines.named) && self.in_sequence(frame) {
            let all: Vec<u32> = rest.collect();
            let rows = all.len().saturating_sub(usize::from(behind));
            return all.into_iter().take(rows).collect();
        }
        if self.in_sequence(frame) && !frame.free {
            return rest.take_while(|child| self.is_named(*child, name)).collect();
        }
        let another = |child: &u32| {
            self.is_named(*child, name) && self.tree.node(*child).is_some_and(|child| !child.seen)
        };
        self.tree.children(frame.group).filter(|child| *child == first || another(child)).collect()
    }

    /// Rows of several lines or tags: each begins with one name and goes on with those that belong to it. They are put into
    /// groups of their own.
    fn runs(&mut self, form: &SegmentsForm, run: &RowRun, most: u32) -> Result<Vec<u32>, Wrong> {
        let frame = self.frames.last().ok_or(FaultKind::Program)?;
        let (parent, begin) = (frame.group, run.begin.as_bytes());
        let first = if frame.free {
            self.tree.children(parent).find(|child| {
                self.tree.node(*child).is_some_and(|node| !node.seen) && self.is_named(*child, begin)
            })
        } else {
            self.next_in_order(frame, form).filter(|next| self.is_named(*next, begin))
        };
        let Some(first) = first else { return Ok(Vec::new()) };
        let members: Vec<u32> = self
            .tree
            .children(parent)
            .skip_while(|child| *child != first)
            .take_while(|child| {
                let name = self.tree.node(*child).map(|node| self.name_of(node)).unwrap_or_default();
                run.members.iter().any(|member| member.as_bytes() == name)
            })
            .collect();
        let mut rows: Vec<Vec<u32>> = Vec::new();
        for member in members {
            match rows.last_mut() {
                Some(row) if !self.is_named(member, begin) => row.push(member),
                _ => rows.push(vec![member]),
            }
        }
        if rows.len() > most as usize {
            return Err(FaultKind::TooManyRows.into());
        }
        let mut groups = Vec::with_capacity(rows.len());
        for row in rows {
            groups.push(self.group_of(parent, &row)?);
        }
        Ok(groups)
    }

    /// A group in the place of nodes that stand behind each other.
    fn group_of(&mut self, parent: u32, row: &[u32]) -> Result<u32, Wrong> {
        let (Some(first), Some(last)) = (row.first().copied(), row.last().copied()) else {
            return Err(FaultKind::Program.into());
        };
        let before = self.tree.children(parent).take_while(|child| *child != first).last();
        let (begin, end) = match (self.tree.node(first), self.tree.node(last)) {
            (Some(first), Some(last)) => (first.outer, last.outer),
            _ => return Err(FaultKind::Program.into()),
        };
        let next = self.tree.node(last).map_or(NONE, |last| last.next);
        let whole = crate::value::Span { end: end.end, ..begin };
        let group = super::offset(self.tree.nodes.len());
        self.tree.nodes.push(Node {
            name: crate::value::Span { end: begin.start, ..begin },
            local: begin.start,
            value: whole,
            outer: whole,
            kind: Kind::List,
            parent,
            first,
            next,
            ..Node::NOTHING
        });
        let link = before.unwrap_or(parent);
        if let Some(node) = self.tree.node_mut(link) {
            if link == parent { node.first = group } else { node.next = group }
        }
        for child in row {
            if let Some(child) = self.tree.node_mut(*child) {
                child.parent = group;
            }
        }
        if let Some(last) = self.tree.node_mut(last) {
            last.next = NONE;
        }
        Ok(group)
    }

    /// The value that a place without declared parts stands for: itself, or its first part where others are kept.
    pub(super) fn first_part(&self, node: u32) -> Option<u32> {
        let mut node = node;
        while self.tree.node(node)?.kind == Kind::Group {
            node = self.tree.children(node).find(|child| self.is_named(*child, b"1"))?;
        }
        Some(node)
    }

    /// In a tag=value text: where the tag of the current value begins.
    pub(in crate::codec) fn begin_mark(&mut self, region: u16) -> Result<(), Wrong> {
        let Current::Node(node) = self.current else { return Ok(()) };
        let outer = self.tree.node(node).map(|node| node.outer);
        *self.regions.get_mut(usize::from(region)).ok_or(FaultKind::Program)? = outer;
        Ok(())
    }
}
