//! `request fields`: an answer that gives the octets of its request's own fields back.
//!
//! In: the place of the own fields in a request whose answer returns them, and the statement in that answer. Out: a value of
//! the request that holds those octets, without a place on the wire of its own, and a field of the answer that is equal to
//! it. What the fields say is not judged again: they are octets there.

use super::{Assembler, Context, DraftField, DraftKind, DraftNode};
use crate::model::{CallId, Format, MessageSide};
use crate::resolve::wire::{self, Around};
use crate::source::Span;
use crate::tree::{self, AttributeKind, CallPart, FieldStatement, Node};
use crate::value::{Form, Size, Type, Unit};

/// Most octets that are given back.
const OCTETS_MOST: u32 = 1 << 20;
/// The name of both fields.
const NAME: &str = "request_fields";

/// The statement in an answer of a call, its packet's answers too, that gives the request's fields back.
pub(crate) fn returned_by(packet: Option<&tree::Packet>, call: &tree::CallItem) -> Option<Span> {
    let own = call.block.statements.iter().find_map(|part| match &part.kind {
        CallPart::Message(message) => within(&message.block.as_ref()?.statements),
        _ => None,
    });
    let common = || {
        packet?.block.statements.iter().find_map(|node| match &node.kind {
            FieldStatement::Reply(message) => within(&message.block.as_ref()?.statements),
            _ => None,
        })
    };
    own.or_else(common)
}

fn within(statements: &[Node<FieldStatement>]) -> Option<Span> {
    statements.iter().find_map(|node| match &node.kind {
        FieldStatement::RequestFields => Some(node.span),
        FieldStatement::Field(field) => within(&field.block.as_ref()?.statements),
        FieldStatement::When { block, .. } => within(&block.statements),
        FieldStatement::Choose { cases, .. } => cases.iter().find_map(|case| within(&case.block.statements)),
        _ => None,
    })
}

impl<'t> Assembler<'_, '_, 't> {
    /// In a request: its own fields are held as octets, for an answer to give back. They are all of a format of widths.
    pub(super) fn hold_octets(&mut self, context: &Context<'t>) {
        let Some(span) = self.returned.filter(|_| self.draft.side == MessageSide::Request) else { return };
        let around = self.draft.by_path.get(&context.scope.container.join(".")).copied();
        let alone = |field: &DraftField<'t>| {
            let DraftKind::Format { format: Format::Fixed | Format::Binary, .. } = &field.kind else {
                return false;
            };
            let Some((_, tree)) = field.tree else { return false };
            let coded = |one: &tree::Attribute| matches!(one.kind, AttributeKind::Coded { .. });
            tree.block.as_ref().is_some_and(|block| block.statements.len() == 1)
                && !tree.attributes.iter().any(coded)
        };
        let whole = around.filter(|place| self.draft.fields.get(*place).is_some_and(alone));
        let Some(whole) = whole.filter(|_| context.scope.level == 0) else {
            self.resolver
                .report
                .error("TS0646", span, "the fields of the request do not stand alone in a format of widths")
                .note("their octets are given back in one piece")
                .help("write a format of their own for them in the packet: `body  fixed { message fields }`");
            return;
        };
        let field = self.octets(context, DraftKind::Held(whole));
        self.draft.held = Some(field);
    }

    /// In an answer: the octets of the request's own fields.
    pub(super) fn request_fields(&mut self, span: Span, context: &Context<'t>, out: &mut Vec<DraftNode<'t>>) {
        let packed = matches!(context.around, Around::Fixed | Around::Binary);
        if self.draft.side == MessageSide::Request || !packed || context.scope.level > 0 {
            self.resolver
                .report
                .error("TS0646", span, "the fields of a request are given back in an answer, among widths")
                .note("they are octets in one piece, as they came")
                .help("write `request fields` last in a `fixed` or `binary` of a reply");
            return;
        }
        let request = self.work.draft_of(CallId(self.draft.call.0), MessageSide::Request);
        let held = request.and_then(|draft| draft.fields.get(draft.held?));
        let Some(slot) = held.map(|field| field.slot) else { return };
        let place = self.octets(context, DraftKind::Returned(slot));
        out.push(DraftNode::Field(place));
    }

    fn octets(&mut self, context: &Context<'t>, kind: DraftKind<'t>) -> usize {
        let path = vec![NAME.into()];
        let slot = self.slot(context, &path);
        let size = Size::Range { min: 0, max: OCTETS_MOST };
        self.add(DraftField {
            name: NAME.into(),
            path,
            level: 0,
            slot,
            ty: Type::Bytes { max: u64::from(OCTETS_MOST) },
            wire: Some(wire::simple(Form::Bytes, size, Unit::Bytes)),
            kind,
            lists: Vec::new(),
            tree: None,
            rules: None,
            scope: context.scope.clone(),
            own: false,
        })
    }
}
