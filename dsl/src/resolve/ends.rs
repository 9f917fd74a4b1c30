//! Where a field ends: what has no end of its own in a row of fixed widths, and how many octets a part may have.
//!
//! In: a draft, and which of its fields another one measures. Out: problems, bounds. It must not know expressions.

use super::Resolver;
use super::assemble::{Draft, DraftField, DraftKind, DraftNode};
use crate::model::{FieldId, Format};
use crate::value::{Size, Unit};

/// Reports each field of a range that stands among fixed widths, before something else, where nothing shows its end.
pub(crate) fn open_ended(resolver: &mut Resolver, draft: &Draft<'_>, measured: &[FieldId]) {
    let mut looking = Looking { resolver, draft, measured };
    match &draft.file {
        Some(file) => {
            looking.nodes(&draft.nodes, matches!(file.format, Format::Fixed | Format::Binary), false);
        }
        None => looking.nodes(&draft.nodes, true, false),
    }
}

struct Looking<'r, 'd, 't> {
    resolver: &'r mut Resolver,
    draft: &'d Draft<'t>,
    measured: &'d [FieldId],
}

impl Looking<'_, '_, '_> {
    /// `packed`: nothing but widths parts the fields. `followed`: something stands behind the last of them.
    fn nodes(&mut self, nodes: &[DraftNode<'_>], packed: bool, followed: bool) {
        for (place, node) in nodes.iter().enumerate() {
            let rest = nodes.get(place + 1..).unwrap_or(&[]);
            let followed = followed
                || rest.iter().any(|other| {
                    !matches!(other, DraftNode::Check(..) | DraftNode::Unseen(..) | DraftNode::Assign(..))
                });
            match node {
                DraftNode::Field(place) => self.field(*place, packed, followed),
                DraftNode::When(_, _, inner, _) => self.nodes(inner, packed, followed),
                DraftNode::Choose(_, _, cases, _) => {
                    for (_, inner) in cases {
                        self.nodes(inner, packed, followed);
                    }
                }
                DraftNode::Check(..) | DraftNode::Unseen(..) | DraftNode::Assign(..) => {}
            }
        }
    }

    fn field(&mut self, place: usize, packed: bool, followed: bool) {
        let Some(field) = self.draft.fields.get(place) else { return };
        match &field.kind {
            DraftKind::Leaf => {
                if packed && followed {
                    self.leaf(field, place);
                }
            }
            DraftKind::Group(nodes) | DraftKind::Several(nodes) => self.nodes(nodes, packed, followed),
            DraftKind::Format { format, nodes } => {
                let inner = matches!(format, Format::Fixed | Format::Binary);
                // Where its length stands, what is last in it ends there.
                let ends = self.measured.iter().any(|known| usize::from(known.0) == place);
                self.nodes(nodes, inner, packed && followed && !ends);
            }
            DraftKind::List { tree, nodes, .. } => {
                let again = tree.size.as_ref().is_none_or(|size| size.max > 1);
                self.nodes(nodes, packed, followed || again);
            }
            DraftKind::Line { nodes, .. } => self.nodes(nodes, packed, false),
            DraftKind::Entry { format, nodes, .. } => {
                self.nodes(nodes, matches!(format, Some(Format::Fixed | Format::Binary)), false);
            }
            DraftKind::Fresh | DraftKind::Held(_) | DraftKind::Returned(_) => {}
        }
    }

    fn leaf(&mut self, field: &DraftField<'_>, place: usize) {
        let (Some(wire), Some((_, tree))) = (&field.wire, field.tree) else { return };
        let ranged = matches!(wire.size, Size::Range { min, max } if min != max);
        let marked = wire.prefix.is_some() || wire.ending.is_some();
        if !ranged || marked || self.measured.iter().any(|known| usize::from(known.0) == place) {
            return;
        }
        self.resolver
            .report
            .error("TS0402", tree.type_.span, "in `fixed` and `binary` a field has one width")
            .note(format!("nothing shows where `{}` ends, and something stands behind it", field.path_text()))
            .help("write the width alone: `text 20 bytes`; or a field before it that is `= length(…)` of it, or put it last");
    }
}

/// The most octets that a field may take on the wire; `None` where its form does not say.
pub(crate) fn most_octets(draft: &Draft<'_>, field: FieldId) -> Option<u64> {
    let field = draft.fields.get(usize::from(field.0))?;
    match &field.kind {
        DraftKind::Leaf => {
            let wire = field.wire.as_ref()?;
            let (Size::Fixed(most) | Size::Range { max: most, .. }) = wire.size else { return None };
            let most = u64::from(most);
            wire.chain.first.is_empty().then_some(match wire.unit {
                Unit::Bytes => most,
                Unit::Chars => most * 4,
                Unit::Digits => most + 2,
                Unit::Bits => most.div_ceil(8),
            })
        }
        DraftKind::Group(nodes) | DraftKind::Format { format: Format::Fixed | Format::Binary, nodes } => {
            most_of(draft, nodes)
        }
        DraftKind::List { tree, nodes, .. } => most_of(draft, nodes)?.checked_mul(tree.size.as_ref()?.max),
        _ => None,
    }
}

fn most_of(draft: &Draft<'_>, nodes: &[DraftNode<'_>]) -> Option<u64> {
    nodes.iter().try_fold(0_u64, |sum, node| {
        let most = match node {
            DraftNode::Field(place) => most_octets(draft, FieldId(u16::try_from(*place).ok()?))?,
            DraftNode::When(_, _, inner, _) => most_of(draft, inner)?,
            DraftNode::Choose(_, _, cases, _) => {
                let cases: Option<Vec<u64>> = cases.iter().map(|(_, inner)| most_of(draft, inner)).collect();
                cases?.into_iter().max().unwrap_or(0)
            }
            DraftNode::Check(..) | DraftNode::Unseen(..) | DraftNode::Assign(..) => 0,
        };
        sum.checked_add(most)
    })
}
