//! Values that stand one behind the other are read in one stride: by their widths, or by the names that are expected next.
//!
//! In: the strides that the compiler noted. Out: filled slots, and the instruction to go on with. Where something is not as it
//! should be nothing is said: taken by itself, the value says what it is.

use dsl::program::{FormatForm, Read, WireForm, WireName};

use super::Reader;
use crate::codec::leaf::{self, Reading};
use crate::codec::parse::Current;
use crate::codec::tree::{Escape, Kind, NONE, Named, Node};
use crate::value::Surroundings;

impl Reader<'_> {
    /// Values of formats of widths, all at once. Where one of them is not as it should be the reader stands where it stood: taken
    /// one by one they say which, and what was stored is stored again.
    pub(super) fn stride(&mut self, surroundings: &dyn Surroundings) -> Option<u32> {
        let message = self.programs.message;
        let stride = message.read_strides.get(self.at).filter(|stride| stride.values > 1)?;
        let to = self.at + 2 * usize::from(stride.values);
        let steps = message.read.get(self.at..to).filter(|_| to <= self.end && self.watch.is_none())?;
        let mut span = self.run_of(stride.octets)?;
        let reading = Reading::plain(self.programs.program, surroundings.symbols(), true);
        let mut base = None;
        for step in steps.chunks_exact(2) {
            let [_, Read::Store { slot, wire, level }] = step else { return None };
            let form = self.programs.program.wires.get(*wire as usize)?;
            span.end = span.start.checked_add(form.measures.taken?)?;
            let first = match base {
                Some(first) => first,
                None => *base.insert(self.rows.index(*level, 0).ok()?),
            };
            leaf::parse_into(&mut self.record, &reading, form, span, first + usize::from(*slot)).ok()?;
            span.start = span.end;
        }
        self.wait = reading.wait.get().or(self.wait);
        self.go_on_at(span.end);
        self.current = Current::Nothing;
        u32::try_from(to).ok()
    }

    /// Values with names, each behind the one before, up to the first that does not stand there or is not as it should be: that
    /// one is looked for by itself. None: not even the first does.
    pub(super) fn named_stride(&mut self, surroundings: &dyn Surroundings) -> Option<u32> {
        let message = self.programs.message;
        let stride = message.read_strides.get(self.at).filter(|stride| stride.values > 0)?;
        let to = (self.at + 2 * usize::from(stride.values)).min(self.end);
        let steps = message.read.get(self.at..to).filter(|_| self.watch.is_none())?;
        let (format, group, mut hint) = self.straight()?;
        let padded = matches!(format, FormatForm::Iso8583 { .. });
        let reading = Reading::plain(self.programs.program, surroundings.symbols(), padded);
        let (mut at, mut base) = (self.at, None);
        for step in steps.chunks_exact(2) {
            let [Read::Child { name }, Read::Store { slot, wire, level }] = step else { break };
            let Some((child, node)) = self.tree.expected(group, hint) else { break };
            let name = message.names.get(usize::from(*name))?;
            let form = self.programs.program.wires.get(*wire as usize)?;
            if !self.is_leaf(format, node, name, form) {
                break;
            }
            let first = match base {
                Some(first) => first,
                None => *base.insert(self.rows.index(*level, 0).ok()?),
            };
            let (value, index) = (node.value, first + usize::from(*slot));
            if leaf::parse_into(&mut self.record, &reading, form, value, index).is_err() {
                break;
            }
            if let Some(node) = self.tree.node_mut(child) {
                node.seen = true;
            }
            (hint, at) = (child, at + 2);
        }
        if at == self.at {
            return None;
        }
        self.wait = reading.wait.get().or(self.wait);
        self.asked_last(hint);
        u32::try_from(at).ok()
    }

    /// Whether a node is called so and holds nothing but the octets of a value of this form.
    fn is_leaf(&self, format: &FormatForm, node: &Node, name: &WireName, form: &WireForm) -> bool {
        if node.escape != Escape::None {
            return false;
        }
        match format {
            FormatForm::Xml { .. } => {
                let element = node.kind == Kind::Group && node.first == NONE;
                element && !name.attribute && self.local_of(node) == name.local() && !name.is_own_text()
            }
            FormatForm::Json { .. } => {
                let kind = if form.quoted { Kind::Text } else { Kind::Bare };
                let stands = node.kind == kind && node.named == Named::AsItStands && name.key().is_some();
                stands && self.record.octets(node.name) == name.octets()
            }
            FormatForm::Iso8583 { .. } => name.number.is_some_and(|bit| node.named == Named::Number(bit)),
            _ => false,
        }
    }
}
