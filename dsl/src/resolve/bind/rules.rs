//! The rules of a field: what it is equal to, what fills it, what it is handed on to.
//!
//! In: the rules as written. Out: the fact with how it is learned, and the mappings.

use super::Binder;
use crate::model::{
    Else, Expr, ExprKind, Field, FieldId, FieldKind, Fold, Function, Learn, Load, MappedRows, Mapping, Space,
};
use crate::resolve::assemble::{DraftField, rule_holds};
use crate::resolve::learn::{self, learn_fresh, learn_rule};
use crate::resolve::path::{self};
use crate::resolve::{compare, ends};
use crate::source::Span;
use crate::tree::{self, Rule, RuleKind};
use crate::value::{Constant, Form, Type};

impl Binder<'_, '_, '_> {
    /// The rule of a leaf that counts for this side and direction.
    pub(super) fn rules(
        &mut self,
        bound: &mut Field,
        field: &DraftField<'_>,
        tree: &tree::Field,
        place: FieldId,
    ) {
        let all = field.rules.unwrap_or(&tree.rules);
        let rules: Vec<&Rule> = all.iter().filter(|rule| rule_holds(rule, self.draft.side)).collect();
        let writing = self.draft.ours;
        let mut fills = 0;
        for rule in &rules {
            match &rule.kind {
                RuleKind::Equal(value) => {
                    fills += 1;
                    self.equal(bound, field, value, rule, place);
                }
                RuleKind::From(value) if writing => {
                    fills += 1;
                    self.filled(bound, field, value, rule);
                }
                RuleKind::Both(path) if writing => {
                    fills += 1;
                    let value = tree::Expr { kind: tree::ExprKind::Path(path.clone()), span: path.span };
                    let list = tree::ListExpr {
                        value,
                        with: None,
                        condition: None,
                        sorted_by: Vec::new(),
                        span: path.span,
                    };
                    self.filled(bound, field, &list, rule);
                }
                RuleKind::To(path) | RuleKind::Both(path) if !writing => {
                    self.handed(bound, field, path, rule);
                }
                RuleKind::From(_) if field.own => {
                    self.resolver
                        .report
                        .error(
                            "TS0604",
                            rule.span,
                            format!("`{}` is read here, so nothing fills it", field.name),
                        )
                        .note("in what the other side sends, `->` hands a value on and `<-` has no meaning")
                        .help("turn the arrow: `->`");
                }
                RuleKind::To(_) if field.own => {
                    self.resolver
                        .report
                        .error(
                            "TS0603",
                            rule.span,
                            format!("`{}` is written here, so it hands nothing on", field.name),
                        )
                        .note("in what we send, `<-` fills a field and `->` has no meaning")
                        .help("turn the arrow: `<-`");
                }
                _ => {}
            }
        }
        if writing && fills == 0 {
            self.resolver
                .report
                .error("TS0601", tree.name.span, format!("nobody fills `{}`", field.path_text()))
                .label("sent without a value")
                .note("a field that we send has `=` a fact, or `<-` from the business")
                .help("add `<- ask.…`, or `<- absent` where it may be missing");
        }
        if writing && fills > 1 {
            let second = rules.iter().rev().find(|rule| !matches!(rule.kind, RuleKind::To(_)));
            let span = second.map_or(tree.name.span, |rule| rule.span);
            self.resolver
                .report
                .error("TS0602", span, format!("`{}` is filled twice", field.path_text()))
                .help("keep one of the rules, or say for which side each is: `request = …  reply = …`");
        }
    }

    pub(super) fn equal(
        &mut self,
        bound: &mut Field,
        field: &DraftField<'_>,
        value: &tree::Expr,
        rule: &Rule,
        place: FieldId,
    ) {
        let constant = matches!(&value.kind, tree::ExprKind::Text(text) if text.constant().is_some());
        if constant
            && matches!(field.ty, Type::Outcome | Type::Names(_))
            && let FieldKind::Leaf { ty, wire } = &mut bound.kind
        {
            // A code that is always the same text on this side means nothing there: it is that text.
            *ty = Type::Text { chars: 64, private: None };
            wire.form = Form::Text;
        }
        let own_type =
            if let FieldKind::Leaf { ty, .. } = &bound.kind { ty.clone() } else { field.ty.clone() };
        let mut fact = self.expression(value, &field.scope, Some(&own_type));
        if let Some(span) = business_in(&fact) {
            self.resolver
                .report
                .error("TS0607", span, "`=` binds to facts, this is business")
                .note("a fact is something either side can know: a constant, a setting, a key, the exchange, another field")
                .help("write `<-` to fill the field from the business");
        }
        self.seal_covers_itself(&fact, place, rule);
        bound.code_around = match &value.kind {
            _ if is_code(value) => Some((Box::default(), Box::default())),
            tree::ExprKind::Text(text) => Self::around(text),
            _ => None,
        };
        if let ExprKind::Fold { fold: Fold::Count, list, each: None, filter: None } = &fact.kind
            && list.space == Space::Field
        {
            self.counted.push((*list, place));
        }
        // A fact's size is the field's; what a deployment sets has its own.
        let mut judged = match &fact.kind {
            ExprKind::Load(load) => {
                matches!(load.space, Space::Setting | Space::Member) || fact.as_constant().is_some()
            }
            ExprKind::Fold { .. } => fact.as_constant().is_some(),
            _ => true,
        };
        if let ExprKind::Length(sized) = &fact.kind {
            self.sized.push((*sized, place));
        }
        match self.most_octets(&fact) {
            Some(Some(most)) => fact.ty = Type::Number { min: 0, max: most },
            // What has no bound is judged when it is written.
            Some(None) => judged = false,
            None => {}
        }
        let own = Load { space: Space::Field, level: field.level, slot: field.slot, call: 0 };
        bound.learn = match learn_fresh(&fact, own, &self.draft.fresh) {
            Some(drawn) => drawn,
            None if self.draft.ours => Learn::Agree,
            None if self.draft.any_code && is_code(value) => Learn::Ignore,
            None => learn_rule(&fact, self.draft.side, self.draft.file.is_some()),
        };
        if self.draft.unsealed.is_some() && learn::is_seal(&fact) {
            self.left_unsealed(bound, field);
            return;
        }
        if matches!(fact.kind, ExprKind::Load(_)) {
            compare::kinds(self.resolver, &fact, &own_type, rule);
        }
        if judged {
            let otherwise = self.otherwise(rule.otherwise.as_ref(), &field.scope, &field.ty);
            let absent = field.wire.as_ref().is_some_and(|wire| wire.absent != crate::value::Absent::Never);
            compare::fits(self.resolver, &fact, &own_type, field.wire.as_ref(), absent, rule, &otherwise);
        }
        bound.fact = Some(fact);
    }

    /// The most that a sum of lengths can be, if it has a bound; none: it is no such sum.
    pub(super) fn most_octets(&self, fact: &Expr) -> Option<Option<i128>> {
        match &fact.kind {
            // From one field to another may be any number of octets.
            ExprKind::Function(Function::LengthOf, of)
                if matches!(of.first().map(|of| &of.kind), Some(ExprKind::RawRange(..))) =>
            {
                Some(None)
            }
            ExprKind::Length(sized) => Some(ends::most_octets(self.draft, *sized).map(i128::from)),
            ExprKind::Add(left, right) => {
                let one = |side: &Expr| match side.as_constant() {
                    Some(Constant::Number(number)) => Some(Some(*number)),
                    _ => self.most_octets(side),
                };
                let (left, right) = (one(left)?, one(right)?);
                Some(left.zip(right).and_then(|(left, right)| left.checked_add(right)))
            }
            _ => None,
        }
    }

    pub(super) fn seal_covers_itself(&mut self, fact: &Expr, place: FieldId, rule: &Rule) {
        let covers = |other: &FieldId| {
            *other == place
                || self
                    .draft
                    .fields
                    .get(usize::from(place.0))
                    .zip(self.draft.fields.get(usize::from(other.0)))
                    .is_some_and(|(field, whole)| {
                        field.path.len() > whole.path.len() && field.path.starts_with(&whole.path)
                    })
        };
        let mut inside = Vec::new();
        raws(fact, &mut inside);
        if inside.iter().any(covers) {
            let name =
                self.draft.fields.get(usize::from(place.0)).map_or_else(String::new, DraftField::path_text);
            self.resolver
                .report
                .error("TS0426", rule.span, format!("`{name}` covers itself"))
                .note("a seal or digest cannot stand inside the bytes that it is computed from")
                .help("name the parts it covers: `raw(head) + raw(body)`");
        }
    }

    pub(super) fn filled(
        &mut self,
        bound: &mut Field,
        field: &DraftField<'_>,
        value: &tree::ListExpr,
        rule: &Rule,
    ) {
        let source = self.expression(&value.value, &field.scope, Some(&field.ty));
        let otherwise = self.otherwise(rule.otherwise.as_ref(), &field.scope, &field.ty);
        let absent = field.wire.as_ref().is_some_and(|wire| wire.absent != crate::value::Absent::Never);
        compare::fits(self.resolver, &source, &field.ty, field.wire.as_ref(), absent, rule, &otherwise);
        compare::discloses(self.resolver, self.work, &source, rule.span);
        let target = Load { space: Space::Field, level: field.level, slot: field.slot, call: 0 };
        bound.from = Some(Mapping {
            target,
            source,
            through: Vec::new(),
            rows: MappedRows::default(),
            cut: rule.cut,
            otherwise,
            span: rule.span,
        });
    }

    pub(super) fn handed(
        &mut self,
        bound: &mut Field,
        field: &DraftField<'_>,
        path: &tree::Path,
        rule: &Rule,
    ) {
        let target = path::find(self.resolver, self.work, path, &field.scope, None);
        let ExprKind::Load(load) = &target.expr.kind else { return };
        if !matches!(
            load.space,
            Space::Ask | Space::Answer | Space::Item | Space::OriginalAnswer | Space::Exchange
        ) {
            self.resolver
                .report
                .error("TS0606", path.span, format!("nothing can be put into `{}`", path.text()))
                .help("`->` hands a value on to `ask`, `answer`, `item` or `original.answer`");
            return;
        }
        let source = Expr {
            kind: ExprKind::Load(Load { space: Space::Field, level: field.level, slot: field.slot, call: 0 }),
            ty: field.ty.clone(),
            span: rule.span,
        };
        let otherwise = self.otherwise(rule.otherwise.as_ref(), &field.scope, &target.expr.ty);
        let may_miss = field.wire.as_ref().is_some_and(|wire| wire.absent != crate::value::Absent::Never);
        if may_miss
            && !target.optional
            && matches!(otherwise, Else::Fault)
            && load.space != Space::OriginalAnswer
        {
            self.resolver
                .report
                .error("TS0608", rule.span, format!("`{}` may be missing, `{}` may not", field.name, path.text()))
                .help("make the field of the service `optional`, or say what then: `else refuse …`, `else 0.00`");
        }
        compare::fits(self.resolver, &source, &target.expr.ty, None, true, rule, &otherwise);
        bound.to = Some(Mapping {
            target: *load,
            source,
            through: Vec::new(),
            rows: MappedRows::default(),
            cut: rule.cut,
            otherwise,
            span: rule.span,
        });
    }
}

/// `format(path, "letters")`.
pub(super) fn formatted(expr: &tree::Expr) -> Option<(&tree::Path, &str)> {
    let tree::ExprKind::Call(call) = &expr.kind else { return None };
    let [value, form] = call.arguments.as_slice() else { return None };
    match (&value.value.kind, &form.value.kind) {
        (tree::ExprKind::Path(path), tree::ExprKind::Text(form)) if call.name.is("format") => {
            Some((path, form.constant()?))
        }
        _ => None,
    }
}

/// How a value stands in a name.
pub(super) fn name_form(ty: &Type, letters: Option<&str>) -> Option<Form> {
    let calendar = match ty {
        Type::Date => crate::value::Calendar::Date,
        Type::Time => crate::value::Calendar::Time,
        Type::DateTime => crate::value::Calendar::DateTime,
        Type::Month => crate::value::Calendar::Month,
        Type::Text { .. } => return Some(Form::Text),
        Type::Digits { .. } => return Some(Form::Digits),
        Type::Number { .. } => return Some(Form::Number),
        _ => return None,
    };
    letters.map(|letters| Form::Calendar(calendar, letters.into()))
}

/// Fields whose bytes an expression takes whole (`pairs` names what it leaves out, `cut_out` takes itself away).
pub(super) fn raws(expr: &Expr, found: &mut Vec<FieldId>) {
    match &expr.kind {
        ExprKind::Raw(field) => found.push(*field),
        ExprKind::Function(Function::CutOut, _) => {}
        ExprKind::Join(parts) | ExprKind::Function(_, parts) => {
            parts.iter().for_each(|part| raws(part, found));
        }
        ExprKind::Add(left, right) => {
            raws(left, found);
            raws(right, found);
        }
        _ => {}
    }
}

/// Whether an expression is `message.code`.
pub(super) fn is_code(expr: &tree::Expr) -> bool {
    matches!(&expr.kind, tree::ExprKind::Path(path) if matches!(path.parts.as_slice(), [root, name] if root.is("message") && name.is("code")))
}

pub(super) fn business_in(expr: &Expr) -> Option<Span> {
    let mut found = false;
    learn::any(expr, &mut |load| {
        found |= matches!(load.space, Space::Ask | Space::Answer | Space::Item | Space::With);
        found
    });
    found.then_some(expr.span)
}
