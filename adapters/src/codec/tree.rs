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
/// Nodes that there is room for from the first: as many as octets of that number make, up to so many.
const NODE_OCTETS: usize = 24;
const NODES_FIRST: usize = 256;
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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Named {
    /// What its name's octets are.
    AsItStands,
    /// The figures of a number.
    Number(u16),
    /// Another name than its octets are: its place among those of the tree.
    Otherwise(u32),
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

/// One name and value: what is kept of it fits one line of a cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    /// The name as it stands.
    pub(crate) name: Span,
    /// Where the local part of a name of XML begins.
    pub(crate) local: u32,
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

const NO_OCTETS: Span = Span { buffer: 0, start: 0, end: 0 };

impl Node {
    pub(crate) const NOTHING: Node = Node {
        name: NO_OCTETS,
        local: 0,
        named: Named::AsItStands,
        value: NO_OCTETS,
        outer: NO_OCTETS,
        kind: Kind::Group,
        escape: Escape::None,
        parent: NONE,
        first: NONE,
        next: NONE,
        seen: false,
        entered: false,
    };
}

/// The nodes of all regions that are open, the innermost last.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
    /// Names that stand otherwise than they mean.
    names: Vec<Box<[u8]>>,
    /// While a region is scanned: open nodes, and the last child of each.
    open: Vec<(u32, u32)>,
}

/// Puts nodes into a tree while a region is scanned.
pub(crate) struct Builder<'a> {
    tree: &'a mut Tree,
    /// Buffer and start of the region.
    base: Span,
}

impl<'a> Builder<'a> {
    /// Begins a region with its root node.
    pub(crate) fn new(tree: &'a mut Tree, base: Span, kind: Kind) -> Result<Self, Wrong> {
        if tree.nodes.capacity() == 0 {
            tree.nodes.reserve((2 + base.len() / NODE_OCTETS).min(NODES_FIRST));
        }
        tree.open.clear();
        let mut builder = Builder { tree, base };
        let root = builder.push(Node {
            value: base,
            outer: base,
            kind,
            seen: true,
            entered: true,
            ..Node::NOTHING
        })?;
        builder.tree.open.push((root, NONE));
        Ok(builder)
    }

    #[inline]
    fn push(&mut self, node: Node) -> Result<u32, Wrong> {
        if self.tree.nodes.len() >= NODES_MAX {
            return Err(FaultKind::Forbidden.into());
        }
        let index = u32::try_from(self.tree.nodes.len()).map_err(|_| FaultKind::Forbidden)?;
        self.tree.nodes.push(Node::NOTHING);
        // Its parts go to their place one by one: carried there together they would have to be waited for.
        if let Some(place) = self.tree.nodes.last_mut() {
            *place = node;
        }
        Ok(index)
    }

    /// A range of the region, from offsets in it.
    #[inline]
    pub(crate) fn span(&self, from: usize, to: usize) -> Span {
        self.base.within(from, to)
    }

    /// Adds a child to what is open.
    #[inline]
    pub(crate) fn add(
        &mut self,
        name: Span,
        value: Span,
        outer: Span,
        kind: Kind,
        escape: Escape,
    ) -> Result<u32, Wrong> {
        let (parent, last) = self.tree.open.last().copied().unwrap_or((NONE, NONE));
        let node = Node { name, local: name.start, value, outer, kind, escape, parent, ..Node::NOTHING };
        let index = self.push(node)?;
        let link = if last == NONE { parent } else { last };
        if let Some(before) = self.tree.nodes.get_mut(link as usize) {
            if last == NONE { before.first = index } else { before.next = index }
        }
        if let Some(open) = self.tree.open.last_mut() {
            open.1 = index;
        }
        Ok(index)
    }

    /// Another name than the octets of the node's name are.
    #[inline]
    pub(crate) fn call(&mut self, node: u32, name: Box<[u8]>) {
        let place = u32::try_from(self.tree.names.len()).unwrap_or(NONE);
        self.tree.names.push(name);
        if let Some(node) = self.node(node) {
            node.named = Named::Otherwise(place);
        }
    }

    /// The name of a number.
    #[inline]
    pub(crate) fn number(&mut self, node: u32, number: u32) {
        match (
            u16::try_from(number).ok().filter(|number| usize::from(*number) < NUMBERS.len()),
            self.node(node),
        ) {
            (Some(number), Some(node)) => node.named = Named::Number(number),
            _ => self.call(node, number.to_string().into_bytes().into()),
        }
    }

    /// Whether children may follow: nesting has an end.
    #[inline]
    pub(crate) fn may_open(&self) -> bool {
        self.tree.open.len() <= TREE_DEPTH_MAX
    }

    /// Whether a child of what is open has this name; `octets` are those of the region.
    pub(crate) fn has_child(&self, octets: &[u8], name: &[u8]) -> bool {
        self.child_names(octets).any(|known| known == name)
    }

    /// The names of the children of what is open.
    pub(crate) fn child_names<'n>(&'n self, octets: &'n [u8]) -> impl Iterator<Item = &'n [u8]> {
        let open = self.tree.open.last().map_or(NONE, |(node, _)| *node);
        self.tree.children(open).filter_map(|child| self.tree.node(child)).map(move |node| {
            let offset = |at: u32| at.saturating_sub(self.base.start) as usize;
            let stands = || octets.get(offset(node.name.start)..offset(node.name.end)).unwrap_or_default();
            self.tree.named(node).unwrap_or_else(stands)
        })
    }

    /// Children follow for this node.
    pub(crate) fn open(&mut self, node: u32) -> Result<(), Wrong> {
        if !self.may_open() {
            return Err(FaultKind::Forbidden.into());
        }
        self.tree.open.push((node, NONE));
        Ok(())
    }

    /// The node's children end; gives it.
    #[inline]
    pub(crate) fn close(&mut self) -> Option<&mut Node> {
        let (node, _) = self.tree.open.pop()?;
        self.tree.nodes.get_mut(node as usize)
    }

    /// How many nodes are open beside the root.
    #[inline]
    pub(crate) fn depth(&self) -> usize {
        self.tree.open.len().saturating_sub(1)
    }

    /// The node that is open.
    #[inline]
    pub(crate) fn current(&self) -> Option<&Node> {
        self.tree.open.last().and_then(|(node, _)| self.tree.nodes.get(*node as usize))
    }

    /// A node.
    #[inline]
    pub(crate) fn node(&mut self, index: u32) -> Option<&mut Node> {
        self.tree.nodes.get_mut(index as usize)
    }
}

impl Tree {
    /// The name of a node, if it is not what its octets are.
    #[inline]
    pub(crate) fn named(&self, node: &Node) -> Option<&[u8]> {
        match node.named {
            Named::AsItStands => None,
            Named::Otherwise(place) => self.names.get(place as usize).map(|name| &**name),
            Named::Number(number) => {
                let zeros = usize::from(number < 100) + usize::from(number < 10);
                NUMBERS.get(usize::from(number)).and_then(|figures| figures.get(zeros..))
            }
        }
    }

    /// Forgets nodes from one on.
    pub(crate) fn truncate(&mut self, nodes: usize) {
        self.nodes.truncate(nodes);
        if nodes == 0 {
            self.names.clear();
        }
    }

    /// The child that is expected behind the one asked for last.
    #[inline]
    pub(crate) fn expected(&self, parent: u32, hint: u32) -> Option<(u32, &Node)> {
        let next = match self.node(hint) {
            Some(last) if last.parent == parent => last.next,
            _ => self.node(parent)?.first,
        };
        self.node(next).map(|node| (next, node))
    }

    /// A node.
    #[inline]
    pub(crate) fn node(&self, index: u32) -> Option<&Node> {
        self.nodes.get(index as usize)
    }

    /// A node, to be marked.
    #[inline]
    pub(crate) fn node_mut(&mut self, index: u32) -> Option<&mut Node> {
        self.nodes.get_mut(index as usize)
    }

    /// The children of a node.
    #[inline]
    pub(crate) fn children(&self, parent: u32) -> Siblings<'_> {
        Siblings { tree: self, next: self.node(parent).map_or(NONE, |node| node.first) }
    }

    /// A child that `is` says; `hint` (the node asked for last) tells which is expected next.
    #[inline]
    pub(crate) fn find(&self, parent: u32, hint: u32, is: impl Fn(u32) -> bool) -> Option<u32> {
        let expected = self.node(hint).filter(|node| node.parent == parent).map(|node| node.next);
        if let Some(expected) = expected.filter(|next| *next != NONE)
            && is(expected)
        {
            return Some(expected);
        }
        self.children(parent).find(|child| is(*child))
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
