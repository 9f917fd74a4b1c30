//! The nodes of a message: fields, branches and choices, each key of a choice once.
//!
//! In: the draft's nodes. Out: nodes of the model; a branch that the variant decides is taken or left out here.

use super::{Binder, id};
use crate::model::{Expr, ExprKind, Node};
use crate::resolve::assemble::DraftNode;
use crate::resolve::expression::{self, condition};
use crate::resolve::path::Scope;
use crate::source::Span;
use crate::tree::{self};
use crate::value::{Constant, Type};

impl Binder<'_, '_, '_> {
    pub(super) fn nodes(&mut self, nodes: &[DraftNode<'_>]) -> Vec<Node> {
        let mut bound = Vec::with_capacity(nodes.len());
        for node in nodes {
            match node {
                DraftNode::Field(place) => bound.push(Node::Field(id(*place))),
                DraftNode::When(tree, scope, inner, span) => {
                    let holds = self.expression(tree, scope, Some(&Type::Flag));
                    let holds = condition(self.resolver, holds);
                    let always = match holds.as_constant() {
                        Some(Constant::Flag(flag)) => Some(*flag),
                        _ => None,
                    };
                    let then = self.under(always, |binder| binder.nodes(inner));
                    match always {
                        Some(true) => bound.extend(then),
                        Some(false) => {}
                        None => bound.push(Node::When { condition: holds, then, span: *span }),
                    }
                }
                DraftNode::Choose(subject, scope, cases, span) => {
                    let node = self.under(None, |binder| binder.choose(subject, scope, cases, *span));
                    bound.push(node);
                }
                DraftNode::Check(check, scope, span) => {
                    let check = self.check(check, scope, *span);
                    bound.push(Node::Check(check));
                }
                DraftNode::Unseen(unseen, scope, span) => self.unseen(unseen, scope, *span),
                DraftNode::Assign(assign, scope, span) => {
                    if let Some(mapping) = self.assign(assign, scope, *span) {
                        bound.push(Node::Map(Box::new(mapping)));
                    }
                }
            }
        }
        bound
    }

    pub(super) fn choose(
        &mut self,
        subject: &tree::Expr,
        scope: &Scope,
        cases: &[(&[tree::CaseKey], Vec<DraftNode<'_>>)],
        span: Span,
    ) -> Node {
        let value = self.expression(subject, scope, None);
        let mut bound = Vec::new();
        let mut other = None;
        let mut seen: Vec<String> = Vec::new();
        for (keys, nodes) in cases {
            let inner = self.nodes(nodes);
            let mut holds: Option<Expr> = None;
            let mut is_other = false;
            for key in *keys {
                let right = match key {
                    tree::CaseKey::Other(_) => {
                        is_other = true;
                        continue;
                    }
                    tree::CaseKey::Text(text) => {
                        self.twice(&mut seen, text.constant().unwrap_or(""), text.span);
                        let text: Box<str> = text.constant().unwrap_or("").into();
                        let ty = Type::Text {
                            chars: u32::try_from(text.chars().count()).unwrap_or(0),
                            private: None,
                        };
                        Expr::constant(Constant::Text(text), ty, span)
                    }
                    tree::CaseKey::Number(number) => {
                        let number = i128::try_from(number.value).unwrap_or(0);
                        Expr::constant(
                            Constant::Number(number),
                            Type::Number { min: number, max: number },
                            span,
                        )
                    }
                    tree::CaseKey::Name(name) => {
                        self.twice(&mut seen, &name.text, name.span);
                        let path = tree::Path { parts: vec![name.clone()], span: name.span };
                        let tree = tree::Expr { kind: tree::ExprKind::Path(path), span: name.span };
                        self.expression(&tree, scope, Some(&value.ty))
                    }
                };
                let same = expression::is(self.resolver, value.clone(), right, span);
                holds = Some(match holds {
                    None => same,
                    Some(before) => {
                        Expr { kind: ExprKind::Or(Box::new(before), Box::new(same)), ty: Type::Flag, span }
                    }
                });
            }
            if is_other {
                other = Some(inner);
            } else if let Some(holds) = holds {
                bound.push((holds, inner));
            }
        }
        if other.is_none() && !self.complete(&value.ty, &seen) {
            self.resolver.report.error("TS0422", subject.span, "the cases do not cover every value").help(
                "add `other { … }` as the last case; an empty block says that nothing stands here then",
            );
        }
        Node::Choose { cases: bound, other: other.unwrap_or_default(), span }
    }

    pub(super) fn twice(&mut self, seen: &mut Vec<String>, key: &str, span: Span) {
        if seen.iter().any(|known| known == key) {
            self.resolver
                .report
                .error("TS0423", span, format!("the case `{key}` stands twice"))
                .help("the first one is taken; leave one of them");
        }
        seen.push(key.to_owned());
    }

    pub(super) fn complete(&self, ty: &Type, seen: &[String]) -> bool {
        match ty {
            Type::Names(names) => {
                names.iter().all(|name| seen.iter().any(|key| key == self.resolver.symbols.text(*name)))
            }
            Type::Flag => ["yes", "no"].iter().all(|word| seen.iter().any(|key| key == word)),
            Type::Wrong => true,
            _ => false,
        }
    }
}
