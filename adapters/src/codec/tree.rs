//! Formats with names: one pass makes flat nodes, in which children are looked up by name.
//!
//! In: ranges from the formats' scanners. Out: nodes by name, and what was never asked for. The child that is expected
//! next is compared first; only if it is another one, its siblings are searched.

use super::{FaultKind, Wrong};
use crate::value::Span;

/// No node.
pub(crate) const NONE: u32 = u32::MAX;
/// Most nodes of one region.
const NODES_MAX: usize = 4 << 20;
/// Nodes that there is room for from the first.
const NODES_FIRST: usize = 24;
/// Deepest nesting within one region.
pub(crate) const TREE_DEPTH_MAX: usize = 32;

/// What a node is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Has children with names.
    Group,
    /// Has items.
    List,
    /// A value; JSON: a string.
    Text,
    /// A value without quotes (JSON numbers, `true`, `false`).
    Bare,
    /// JSON `null`.
    Null,
    /// An attribute of XML.
    Attribute,
}

/// How a value is escaped in its format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Escape {
    /// It is not.
    None,
    /// Backslashes.
    Json,
    /// References and sections of XML.
    Xml,
    /// Percent and plus of forms.
    Form,
    /// Signs of a segment text or tag=value text.
    Segments,
}

/// What a node is called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Named {
    /// What its name's octets are.
    AsItStands,
    /// The figures of a number.
    Number(u16),
    /// Another name than its octets are.
    Otherwise(Box<[u8]>),
}

/// The figures of each number that a node may have for its name.
const NUMBERS: [[u8; 3]; 1000] = {
    let mut numbers = [[b'0'; 3]; 1000];
    let mut number = 0_usize;
    while number < 1000 {
        let (hundreds, tens, ones) = (number / 100, number / 10 % 10, number % 10);
        numbers[number] = [b'0' + hundreds as u8, b'0' + tens as u8, b'0' + ones as u8];
        number += 1;
    }
    numbers
};

impl Named {
    /// The name of a number.
    pub(crate) fn number(number: u32) -> Self {
        match u16::try_from(number) {
            Ok(number) if usize::from(number) < NUMBERS.len() => Named::Number(number),
            _ => Named::Otherwise(number.to_string().into_bytes().into()),
        }
    }

    /// The name, if it is not what its octets are.
    pub(crate) fn octets(&self) -> Option<&[u8]> {
        match self {
            Named::AsItStands => None,
            Named::Otherwise(name) => Some(name),
            Named::Number(number) => {
                let zeros = usize::from(*number < 100) + usize::from(*number < 10);
                NUMBERS.get(usize::from(*number)).and_then(|figures| figures.get(zeros..))
            }
        }
    }
}

/// One name and value.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The name as it stands.
    pub(crate) name: Span,
    /// The name where it stands otherwise than it means.
    pub(crate) named: Named,
    /// The value, without quotes or tags.
    pub(crate) value: Span,
    /// The value, with quotes or tags.
    pub(crate) outer: Span,
    pub(crate) kind: Kind,
    pub(crate) escape: Escape,
    pub(crate) parent: u32,
    pub(crate) first: u32,
    pub(crate) next: u32,
    /// It was asked for.
    pub(crate) seen: bool,
    /// Its children were looked at.
    pub(crate) entered: bool,
}

/// The nodes of all regions that are open, the innermost last.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
}

/// Puts nodes into a tree while a region is scanned.
pub(crate) struct Builder<'a> {
    tree: &'a mut Tree,
    /// Buffer and start of the region.
    base: Span,
    /// Open nodes, and the last child of each.
    open: Vec<(u32, u32)>,
}

impl<'a> Builder<'a> {
    /// Begins a region with its root node.
    pub(crate) fn new(tree: &'a mut Tree, base: Span, kind: Kind) -> Result<Self, Wrong> {
        if tree.nodes.capacity() == 0 {
            tree.nodes.reserve(NODES_FIRST);
        }
        let mut builder = Builder { tree, base, open: Vec::new() };
        let root = builder.push(Node {
            name: Span::default(),
            named: Named::AsItStands,
            value: base,
            outer: base,
            kind,
            escape: Escape::None,
            parent: NONE,
            first: NONE,
            next: NONE,
            seen: true,
            entered: true,
        })?;
        builder.open.push((root, NONE));
        Ok(builder)
    }

    fn push(&mut self, node: Node) -> Result<u32, Wrong> {
        if self.tree.nodes.len() >= NODES_MAX {
            return Err(FaultKind::Forbidden.into());
        }
        let index = u32::try_from(self.tree.nodes.len()).map_err(|_| FaultKind::Forbidden)?;
        self.tree.nodes.push(node);
        Ok(index)
    }

    /// A range of the region, from offsets in it.
    pub(crate) fn span(&self, from: usize, to: usize) -> Span {
        self.base.within(from, to)
    }

    /// Adds a child to what is open.
    pub(crate) fn add(
        &mut self,
        name: Span,
        value: Span,
        outer: Span,
        kind: Kind,
        escape: Escape,
    ) -> Result<u32, Wrong> {
        let (parent, last) = self.open.last().copied().unwrap_or((NONE, NONE));
        let node = Node {
            name,
            named: Named::AsItStands,
            value,
            outer,
            kind,
            escape,
            parent,
            first: NONE,
            next: NONE,
            seen: false,
            entered: false,
        };
        let index = self.push(node)?;
        let link = if last == NONE { parent } else { last };
        if let Some(before) = self.tree.nodes.get_mut(link as usize) {
            if last == NONE { before.first = index } else { before.next = index }
        }
        if let Some(open) = self.open.last_mut() {
            open.1 = index;
        }
        Ok(index)
    }

    /// Children follow for this node.
    pub(crate) fn open(&mut self, node: u32) -> Result<(), Wrong> {
        if self.open.len() > TREE_DEPTH_MAX {
            return Err(FaultKind::Forbidden.into());
        }
        self.open.push((node, NONE));
        Ok(())
    }

    /// The node's children end; gives it.
    pub(crate) fn close(&mut self) -> Option<&mut Node> {
        let (node, _) = self.open.pop()?;
        self.tree.nodes.get_mut(node as usize)
    }

    /// How many nodes are open beside the root.
    pub(crate) fn depth(&self) -> usize {
        self.open.len().saturating_sub(1)
    }

    /// The node that is open.
    pub(crate) fn current(&self) -> Option<&Node> {
        self.open.last().and_then(|(node, _)| self.tree.nodes.get(*node as usize))
    }

    /// A node.
    pub(crate) fn node(&mut self, index: u32) -> Option<&mut Node> {
        self.tree.nodes.get_mut(index as usize)
    }
}

impl Tree {
    /// A node.
    pub(crate) fn node(&self, index: u32) -> Option<&Node> {
        self.nodes.get(index as usize)
    }

    /// A node, to be marked.
    pub(crate) fn node_mut(&mut self, index: u32) -> Option<&mut Node> {
        self.nodes.get_mut(index as usize)
    }

    /// The children of a node.
    pub(crate) fn children(&self, parent: u32) -> Siblings<'_> {
        Siblings { tree: self, next: self.node(parent).map_or(NONE, |node| node.first) }
    }

    /// A child that `is` says; `hint` (the node asked for last) tells which is expected next.
    pub(crate) fn find(&self, parent: u32, hint: u32, is: impl Fn(&Self, u32) -> bool) -> Option<u32> {
        let expected = self.node(hint).filter(|node| node.parent == parent).map(|node| node.next);
        if let Some(expected) = expected.filter(|next| *next != NONE)
            && is(self, expected)
        {
            return Some(expected);
        }
        self.children(parent).find(|child| is(self, *child))
    }
}

/// Children one after the other.
pub(crate) struct Siblings<'a> {
    tree: &'a Tree,
    next: u32,
}

impl Iterator for Siblings<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let node = self.next;
        self.next = self.tree.node(node)?.next;
        Some(node)
    }
}
