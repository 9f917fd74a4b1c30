//! A party's form of XML: templates of values, lists, items and groups, as matchers and as text to write.
//!
//! In: a template as its specification prints it (`<field name="{name}">{value}</field>`). Out: whether a node is of
//! it, where its content is, and what stands before and behind a content that is written.

use super::tree::{Kind, Tree};
use super::xml::local;
use super::{FaultKind, Wrong};
use crate::value::{Record, Span};

/// What stands at a place of a template.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Place {
    /// This text.
    Constant(Vec<u8>),
    /// The name, or the index of an item.
    Name,
    /// Anything.
    Any,
}

/// One element of a template, with the next one in it.
#[derive(Clone, Debug)]
struct Level {
    tag: Place,
    attributes: Vec<(Vec<u8>, Place)>,
}

/// A template, taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    text: Box<str>,
    levels: Vec<Level>,
}

fn place_of(text: &[u8]) -> Place {
    match text {
        b"{name}" | b"{index}" => Place::Name,
        _ if text.first() == Some(&b'{') && text.last() == Some(&b'}') => Place::Any,
        _ => Place::Constant(text.to_vec()),
    }
}

impl Template {
    /// Takes a template apart; its content is `{value}`, `{items}` or `{fields}`.
    pub(crate) fn of(text: &str) -> Result<Template, Wrong> {
        let broken = || Wrong::from(FaultKind::Program);
        // Braces are no octets of names: the scanner sees letters in their place.
        let mut levels = Vec::new();
        let mut rest = text.trim();
        while let Some(inside) = rest.strip_prefix('<') {
            if inside.starts_with('/') {
                break;
            }
            let end = inside.find('>').ok_or_else(broken)?;
            let head = inside.get(..end).unwrap_or_default().trim_end_matches('/');
            rest = inside.get(end + 1..).unwrap_or_default().trim_start();
            let tag_end = head.find(char::is_whitespace).unwrap_or(head.len());
            let (tag, mut pairs) = head.split_at(tag_end);
            let mut attributes = Vec::new();
            while let Some((name, after)) = pairs.split_once('=') {
                let after = after.trim_start();
                let quote = after.chars().next().ok_or_else(broken)?;
                let value = after.get(1..).unwrap_or_default();
                let end = value.find(quote).ok_or_else(broken)?;
                let text = value.get(..end).unwrap_or_default();
                attributes.push((name.trim().as_bytes().to_vec(), place_of(text.as_bytes())));
                pairs = value.get(end + 1..).unwrap_or_default();
            }
            levels.push(Level { tag: place_of(tag.as_bytes()), attributes });
        }
        if levels.is_empty() { Err(broken()) } else { Ok(Template { text: text.into(), levels }) }
    }

    /// What stands before and behind the content, for a name (or index).
    pub(crate) fn around(&self, name: &str) -> Result<(String, String), Wrong> {
        let text = self.text.replace("{name}", name).replace("{index}", name);
        for content in ["{value}", "{items}", "{fields}"] {
            if let Some((before, behind)) = text.split_once(content) {
                return Ok((before.to_owned(), behind.to_owned()));
            }
        }
        Err(FaultKind::Program.into())
    }

    /// The node that holds the content, if this node is of the template with this name.
    pub(crate) fn content(&self, tree: &Tree, record: &Record, node: u32, name: &[u8]) -> Option<u32> {
        let mut at = node;
        for (depth, level) in self.levels.iter().enumerate() {
            if depth > 0 {
                let mut inner = tree.children(at).filter(|child| is_element(tree, *child));
                let only = inner.next()?;
                if inner.next().is_some() {
                    return None;
                }
                at = only;
            }
            if !level.matches(tree, record, at, name) {
                return None;
            }
        }
        Some(at)
    }
}

fn is_element(tree: &Tree, node: u32) -> bool {
    tree.node(node).is_some_and(|node| node.kind != Kind::Attribute)
}

impl Level {
    fn matches(&self, tree: &Tree, record: &Record, node: u32, name: &[u8]) -> bool {
        let is = |place: &Place, found: &[u8]| match place {
            Place::Constant(text) => found == text.as_slice(),
            Place::Name => found == name,
            Place::Any => true,
        };
        let Some(element) = tree.node(node).filter(|node| node.kind != Kind::Attribute) else { return false };
        if !is(&self.tag, local(record.octets(element.name))) {
            return false;
        }
        self.attributes.iter().all(|(wanted, place)| {
            let mut attributes = tree.children(node).filter_map(|child| tree.node(child));
            attributes
                .find(|child| child.kind == Kind::Attribute && record.octets(child.name) == wanted.as_slice())
                .is_some_and(|found| is(place, record.octets(found.value)))
        })
    }
}

/// The range of a node's octets, as `raw(…)` means it.
pub(crate) fn region(tree: &Tree, node: u32, leaf: bool) -> Span {
    tree.node(node).map_or_else(Span::default, |node| if leaf { node.value } else { node.outer })
}
