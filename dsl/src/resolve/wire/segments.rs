//! `delimited` items: the signs of segment texts and tag=value texts, and whether they can be told apart.
//!
//! In: an item as written. Out: its form in the model, problems. It must not know the fields that stand between the signs.

use crate::model::{SegmentEscape, SegmentLines, Segments, ShownSign};
use crate::resolve::Resolver;
use crate::source::Span;
use crate::tree::{self, DeclaredSign, DelimitedClause};

const BROKEN: &str = "TS0446";

/// The form of an item.
pub(crate) fn segments(resolver: &mut Resolver, item: &tree::DelimitedForm) -> Segments {
    let mut making = Making { resolver, form: Segments::default(), signs: Vec::new(), ends: Vec::new() };
    making.form.name = item.name.text.clone();
    for clause in &item.block.statements {
        making.clause(&clause.kind);
    }
    // What the escape table and a line that shows the signs speak of stands in other clauses.
    for clause in &item.block.statements {
        match &clause.kind {
            DelimitedClause::Escape { from, to, rows } => making.escape(from, to, rows),
            DelimitedClause::Declared { name, signs } => making.declared(name, signs),
            _ => {}
        }
    }
    making.whole(item);
    making.form
}

struct Making<'r> {
    resolver: &'r mut Resolver,
    form: Segments,
    /// Every sign with its place.
    signs: Vec<(Box<str>, Span)>,
    /// Ends of lines, of which one may begin with another.
    ends: Vec<(Box<str>, Span)>,
}

impl Making<'_> {
    fn wrong(&mut self, span: Span, what: &str, help: &str) {
        self.resolver.report.error(BROKEN, span, what).help(help);
    }

    fn text(&mut self, text: &tree::Text) -> Box<str> {
        let plain: Box<str> = text.constant().unwrap_or("").into();
        if plain.is_empty() || !plain.is_ascii() {
            self.wrong(
                text.span,
                "this is no sign",
                "a sign is one or more characters of ASCII, without `{ }`",
            );
        }
        plain
    }

    fn sign(&mut self, text: &tree::Text) -> Box<str> {
        let plain = self.text(text);
        self.signs.push((plain.clone(), text.span));
        plain
    }

    fn end(&mut self, text: &tree::Text) -> Box<str> {
        let plain = self.text(text);
        self.ends.push((plain.clone(), text.span));
        plain
    }

    fn clause(&mut self, clause: &DelimitedClause) {
        match clause {
            DelimitedClause::Lines { named, ended, tolerate } => {
                let ended = self.end(ended);
                let tolerated = tolerate.iter().map(|text| self.end(text)).collect();
                self.form.lines = Some(SegmentLines { named: *named, ended, tolerated });
            }
            DelimitedClause::Levels(texts) => {
                self.form.levels = texts.iter().map(|text| self.sign(text)).collect();
            }
            DelimitedClause::Repeat(text) => self.form.repeat = Some(self.sign(text)),
            DelimitedClause::Fields { tagged: Some(between), ended } => {
                let between = self.text(between);
                let ended = self.sign(ended);
                self.form.tagged = Some((between, ended));
            }
            DelimitedClause::Fields { tagged: None, ended } => {
                self.form.levels = vec![self.sign(ended)];
                self.form.ended = true;
            }
            DelimitedClause::Order { free, after, before } => {
                self.form.free = *free;
                self.form.after = after.as_ref().map(|name| name.text.clone());
                self.form.before = before.as_ref().map(|name| name.text.clone());
            }
            DelimitedClause::Trailing { kept } => self.form.trailing_kept = *kept,
            DelimitedClause::Unknown(keep) => self.form.unknown_kept = *keep == tree::Keep::Kept,
            DelimitedClause::Escape { .. } | DelimitedClause::Declared { .. } => {}
        }
    }

    fn escape(&mut self, from: &tree::Text, to: &tree::Text, rows: &[tree::EscapeRow]) {
        let (begin, end) = (self.sign(from), self.text(to));
        if begin != end {
            self.signs.push((end.clone(), to.span));
        }
        let mut table: Vec<(Box<str>, Option<Box<str>>)> = Vec::new();
        for row in rows {
            let code = self.text(&row.code);
            if table.iter().any(|(known, _)| *known == code) {
                self.wrong(row.code.span, "this escape stands twice", "leave one of them");
            }
            if code.contains(&*end) {
                self.wrong(
                    row.code.span,
                    "the code holds the sign that ends an escape",
                    "give it another code",
                );
            }
            table.push((code, row.meaning.as_ref().map(|text| text.constant().unwrap_or("").into())));
        }
        self.form.escape = Some(SegmentEscape { from: begin, to: end, rows: table });
    }

    fn declared(&mut self, name: &tree::Name, signs: &[DeclaredSign]) {
        let mut shown = Vec::new();
        for sign in signs {
            let (one, text) = match sign {
                DeclaredSign::Level(level) => {
                    let place = usize::try_from(level.value).unwrap_or(0).checked_sub(1);
                    let text = place.and_then(|place| self.form.levels.get(place)).cloned();
                    (ShownSign::Level(u8::try_from(place.unwrap_or(0)).unwrap_or(u8::MAX)), text)
                }
                DeclaredSign::Repeat => (ShownSign::Repeat, self.form.repeat.clone()),
                DeclaredSign::Escape => {
                    let same = self.form.escape.as_ref().filter(|escape| escape.from == escape.to);
                    (ShownSign::Escape, same.map(|escape| escape.from.clone()))
                }
            };
            if text.is_none_or(|text| text.len() != 1) || shown.contains(&one) {
                self.wrong(
                    name.span,
                    "a sign that a line shows is one character of this form, shown once",
                    "show levels, repeat and escape as the clauses beside say them; an escape begins and ends with one sign",
                );
                return;
            }
            shown.push(one);
        }
        if shown.first() != Some(&ShownSign::Level(0)) {
            self.wrong(
                name.span,
                "the first sign that a line shows is the one behind its name",
                "begin with `level 1`",
            );
            return;
        }
        self.form.declared = Some((name.text.clone(), shown));
    }

    /// What must hold of the clauses together.
    fn whole(&mut self, item: &tree::DelimitedForm) {
        let span = item.name.span;
        let named = self.form.lines.as_ref().is_some_and(|lines| lines.named);
        let tagged = self.form.tagged.is_some();
        if self.form.tagged.as_ref().is_some_and(|(between, ended)| between == ended) {
            self.wrong(
                span,
                "one sign parts tag and value, another ends it",
                "write both as the specification does",
            );
        }
        if tagged && (self.form.lines.is_some() || !self.form.levels.is_empty() || self.form.repeat.is_some())
        {
            self.wrong(
                span,
                "a tag=value text has neither lines nor levels",
                "leave `fields tagged` alone, or the other clauses",
            );
        }
        if !tagged && self.form.levels.is_empty() {
            self.wrong(
                span,
                "nothing says what parts the values",
                "write `levels \"|\" \"^\"`, `fields ended \"&\"` or `fields tagged \"=\", ended \"\\u{01}\"`",
            );
        }
        if self.form.declared.is_some() && !named {
            self.wrong(
                span,
                "only a line with a name can show the signs",
                "write `lines named, ended \"\\r\"`",
            );
        }
        if self.form.free && !named && !tagged {
            self.wrong(span, "what has no names has one order", "leave `order free`");
        }
        let mut all = self.signs.clone();
        all.extend(self.ends.first().cloned());
        let alike = all.iter().enumerate().find_map(|(place, (sign, _))| {
            let mut others = all.iter().skip(place + 1);
            others.find(|(other, _)| other.starts_with(&**sign) || sign.starts_with(&**other))
        });
        if let Some((sign, span)) = alike.filter(|(sign, _)| !sign.is_empty()) {
            let what = format!("`{}` is a sign already, or begins with one", sign.escape_debug());
            self.wrong(*span, &what, "each sign means one thing");
        }
    }
}
