//! Control files: what `done ".chk" … { … }` says of the file that it completes.
//!
//! In: such a statement of a file's block, and the file's lines. Out: one more line of the draft, behind all others, with a
//! form of its own. It must not know when a control file is written or read.

use super::{Assembler, Context, DraftField, DraftKind, DraftNode};
use crate::model::Format;
use crate::resolve::wire::{self, Around};
use crate::tree::{self, Attribute, AttributeKind, FieldStatement, Node, TypeKind};
use crate::value::Type;

/// The part of a file's message that its control file is.
pub(crate) const CONTROL: &str = "done";

impl<'t> Assembler<'_, '_, 't> {
    /// The control file of a file's block.
    pub(super) fn controls(
        &mut self,
        message: &'t tree::Message,
        controls: &[&'t Node<FieldStatement>],
        context: &Context<'t>,
        nodes: &mut Vec<DraftNode<'t>>,
    ) {
        let mut marked = message.file.as_ref().and_then(|file| file.done.as_ref()).map(|mark| mark.span);
        for node in controls {
            let FieldStatement::Done { name, format, attributes, block } = &node.kind else { continue };
            if let Some(before) = marked {
                self.resolver
                    .report
                    .error("TS0663", node.span, "a file has one end mark")
                    .at(before, "it has this one already")
                    .help("leave one of them out: a control file is the file's end mark too");
                continue;
            }
            marked = Some(name.span);
            if !self.of_lines(nodes) {
                self.resolver
                    .report
                    .error("TS0664", node.span, "a control file speaks of a file of lines")
                    .help(
                        "write the file's content as `line` and `list … of line`, in `fixed` or `delimited`",
                    );
                continue;
            }
            let Some((format, around)) = self.control_format(format, attributes) else { continue };
            let path: Vec<Box<str>> = vec![CONTROL.into()];
            let place = self.add(DraftField {
                name: CONTROL.into(),
                path: path.clone(),
                level: context.scope.level,
                slot: u16::MAX,
                ty: Type::Bytes { max: u64::MAX },
                wire: None,
                kind: DraftKind::Line { nodes: Vec::new(), bytes: None, control: None },
                lists: Vec::new(),
                tree: None,
                rules: None,
                scope: context.scope.clone(),
                own: true,
            });
            let mut inner = Context { around, depth: context.depth + 1, ..context.clone() };
            inner.scope.container = path;
            let mut fields = Vec::new();
            self.block(&block.statements, &inner, &mut fields);
            self.put(place, DraftKind::Line { nodes: fields, bytes: None, control: Some(format) });
            nodes.push(DraftNode::Field(place));
            if let Some(file) = &mut self.draft.file {
                file.control = name.constant().map(Box::from);
            }
        }
    }

    /// Whether a file is lines and nothing else.
    fn of_lines(&self, nodes: &[DraftNode<'t>]) -> bool {
        let text = self
            .draft
            .file
            .as_ref()
            .is_some_and(|file| matches!(file.format, Format::Fixed | Format::Delimited(_)));
        text && self.all_lines(nodes)
    }

    fn all_lines(&self, nodes: &[DraftNode<'t>]) -> bool {
        let mut any = false;
        for node in nodes {
            any |= match node {
                DraftNode::Field(place) => {
                    let kind = self.draft.fields.get(*place).map(|field| &field.kind);
                    if !matches!(kind, Some(DraftKind::Line { .. } | DraftKind::List { of_line: true, .. })) {
                        return false;
                    }
                    true
                }
                DraftNode::When(_, _, inner, _) => {
                    if !self.all_lines(inner) {
                        return false;
                    }
                    true
                }
                DraftNode::Choose(..) => return false,
                DraftNode::Check(..) | DraftNode::Unseen(..) | DraftNode::Assign(..) => false,
            };
        }
        any
    }

    /// The form of its one line.
    fn control_format(
        &mut self,
        type_: &'t tree::TypeExpr,
        attributes: &'t [Attribute],
    ) -> Option<(Format, Around)> {
        let of_a_line = |attribute: &Attribute| match &attribute.kind {
            AttributeKind::Lines { .. } | AttributeKind::Escape(_) | AttributeKind::Trailing => true,
            AttributeKind::Tolerate(word) => word.is("lf"),
            _ => false,
        };
        let fits = match &type_.kind {
            TypeKind::Format(format) => {
                matches!(format.kind, tree::Format::Fixed | tree::Format::Delimited(tree::Separator::Text(_)))
            }
            _ => false,
        };
        match &type_.kind {
            TypeKind::Format(format) if fits && attributes.iter().all(of_a_line) => {
                let work = self.work;
                Some(wire::format(self.resolver, &work.tables(), format, attributes, type_.span))
            }
            _ => {
                self.resolver
                    .report
                    .error("TS0662", type_.span, "a control file is one line, `fixed` or `delimited`")
                    .help(
                        "write `done \".chk\" delimited \"|\" lines lf { … }`, without a coding of its own",
                    );
                None
            }
        }
    }
}
