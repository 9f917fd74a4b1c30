//! Named groups in one repeated place: which item is which, told by texts that are always the same in it.
//!
//! In: the items of the current value. Out: the item that is a group; a fault where one is none of them.

use dsl::program::{FormatForm, ToldBy, WireName};

use super::Current;
use crate::charset;
use crate::codec::read::Reader;
use crate::codec::tree::{Kind, NONE};
use crate::codec::{DEPTH_MAX, FaultKind, Wrong};

/// A place of groups that is open: which, and the items that were not taken yet.
#[derive(Debug)]
pub(in crate::codec) struct OpenSeveral {
    several: u16,
    left: Vec<u32>,
}

impl Reader<'_> {
    pub(in crate::codec) fn several(&mut self, several: u16) -> Result<(), Wrong> {
        let message = self.programs.message;
        let form = message.severals.get(usize::from(several)).ok_or(FaultKind::Program)?;
        if self.severals.len() >= DEPTH_MAX {
            return Err(FaultKind::Forbidden.into());
        }
        let most = u32::try_from(form.groups.len()).unwrap_or(u32::MAX);
        let mut left = match self.segments() {
            Some(segments) => self.segment_items(segments, form.run.as_ref(), most, 0)?,
            None => self.items(false)?,
        };
        left.reverse();
        self.severals.push(OpenSeveral { several, left });
        self.current = Current::Nothing;
        Ok(())
    }

    pub(in crate::codec) fn pick(&mut self, group: u16) -> Result<(), Wrong> {
        let open = self.severals.last().ok_or(FaultKind::Program)?;
        let form = self.programs.message.severals.get(usize::from(open.several)).ok_or(FaultKind::Program)?;
        let told = form.groups.get(usize::from(group)).ok_or(FaultKind::Program)?;
        let items = open.left.clone();
        let mut found = None;
        for (place, item) in items.into_iter().enumerate() {
            let mut is = true;
            for ToldBy { path, text } in told {
                is = is && self.says(item, path, text)?;
            }
            if is {
                found = Some((place, item));
                break;
            }
        }
        self.current = match (found, self.severals.last_mut()) {
            (Some((place, item)), Some(open)) => {
                open.left.remove(place);
                Current::Node(item)
            }
            _ => Current::Missing,
        };
        Ok(())
    }

    pub(in crate::codec) fn end_several(&mut self, kept: bool) -> Result<(), Wrong> {
        let open = self.severals.pop().ok_or(FaultKind::Program)?;
        self.current = Current::Nothing;
        match open.left.first().and_then(|item| self.tree.node(*item)) {
            Some(item) if !kept => Err(Wrong { kind: FaultKind::UnknownName, at: item.outer.start }),
            _ => Ok(()),
        }
    }

    /// Whether that value of an item is this text.
    fn says(&mut self, item: u32, path: &[Box<str>], text: &str) -> Result<bool, Wrong> {
        let mut node = item;
        for name in path {
            node = match self.part_of(node, name)? {
                NONE => return Ok(false),
                part => part,
            };
        }
        let Some(leaf) = self.tree.node(node).filter(|leaf| !matches!(leaf.kind, Kind::List | Kind::Null))
        else {
            return Ok(false);
        };
        let (value, escape, charset) = (leaf.value, leaf.escape, self.frame()?.charset);
        let value = self.unescaped(value, escape, charset)?;
        Ok(charset::decode(charset, self.record.octets(value)).is_ok_and(|found| found == text))
    }

    /// The part of a node that is called so.
    fn part_of(&self, node: u32, name: &str) -> Result<u32, Wrong> {
        let format = self.format(self.frame()?.format)?;
        let in_xml = matches!(format, FormatForm::Xml { .. });
        let whole = self.tree.node(node).ok_or(FaultKind::Program)?;
        if matches!(format, FormatForm::Segments(_)) && whole.kind == Kind::Text {
            return Ok(if name == "1" { node } else { NONE });
        }
        let name = WireName::of(name);
        let is = |child: &u32| {
            self.tree.node(*child).is_some_and(|child| {
                if in_xml {
                    let attribute = child.kind == Kind::Attribute;
                    attribute == name.attribute && self.local_of(child) == name.local()
                } else {
                    self.name_of(child) == name.octets()
                }
            })
        };
        Ok(self.tree.children(node).find(is).unwrap_or(NONE))
    }
}
