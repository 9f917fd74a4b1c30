//! What a field is coded by: chains, their ciphers and choices, the password of a container.
//!
//! In: the attributes of a field. Out: chains of the model.

use super::{Binder, is_code};
use crate::model::{Chain, Expr, ExprKind, Format, Load, Space};
use crate::resolve::expression::condition;
use crate::resolve::function;
use crate::resolve::path::Scope;
use crate::tree::{self, AttributeKind};
use crate::value::{Charset, Cipher, CipherName, Coding, Constant, Type};

impl Binder<'_, '_, '_> {
    /// The text before and behind `message.code` in a template.
    pub(super) fn around(text: &tree::Text) -> Option<(Box<str>, Box<str>)> {
        let mut before = String::new();
        let mut behind = String::new();
        let mut found = false;
        for piece in &text.pieces {
            match piece {
                tree::Piece::Characters(run) if found => behind.push_str(&run.text),
                tree::Piece::Characters(run) => before.push_str(&run.text),
                tree::Piece::Embedded(expr) if is_code(expr) && !found => found = true,
                tree::Piece::Embedded(_) => return None,
            }
        }
        found.then(|| (before.into(), behind.into()))
    }

    pub(super) fn chain(&mut self, tree: &tree::Coded, scope: &Scope) -> Chain {
        let mut chain = Chain::default();
        chain.first = self.codings(&tree.chain, scope, &mut chain.expressions, 0);
        if let Some((condition_tree, otherwise)) = &tree.otherwise {
            let holds = self.expression(condition_tree, scope, Some(&Type::Flag));
            let holds = condition(self.resolver, holds);
            let other = self.codings(otherwise, scope, &mut chain.expressions, 0);
            match holds.as_constant() {
                Some(Constant::Flag(true)) => {}
                Some(Constant::Flag(false)) => chain.first = other,
                _ => chain.choice = Some((Box::new(holds), other)),
            }
        }
        chain
    }

    pub(super) fn codings(
        &mut self,
        tree: &tree::Chain,
        scope: &Scope,
        expressions: &mut Vec<Expr>,
        depth: usize,
    ) -> Vec<Coding> {
        const OTHERS: [&str; 12] = [
            "hex",
            "hex_upper",
            "base64",
            "base64url",
            "percent",
            "zlib",
            "gzip",
            "sheet",
            "encrypt",
            "none",
            "bcd",
            "ebcdic",
        ];
        let mut codings = Vec::new();
        for element in &tree.elements {
            let blanks = element.tolerate.iter().any(|word| word.is("blanks"));
            codings.push(match &*element.name.text {
                "none" => continue,
                "hex" => Coding::Hex { upper: false, tolerate_blanks: blanks },
                "hex_upper" => Coding::Hex { upper: true, tolerate_blanks: blanks },
                "base64" => Coding::Base64 { url: false, tolerate_blanks: blanks },
                "base64url" => Coding::Base64 { url: true, tolerate_blanks: blanks },
                "percent" => Coding::Percent,
                "zlib" => Coding::Zlib,
                "gzip" => Coding::Gzip,
                "sheet" => Coding::Sheet,
                "encrypt" => match self.cipher(element, scope, expressions) {
                    Some(coding) => coding,
                    None => continue,
                },
                name if Charset::NAMES.contains(&name) || matches!(name, "bcd" | "ebcdic") => {
                    Coding::Charset(name.into())
                }
                name => {
                    if let (Some(inner), true) = (self.work.index.codings.get(name).copied(), depth < 8) {
                        self.resolver.used.insert((self.work.folder.into(), format!("coding.{name}").into()));
                        codings.extend(self.codings(inner, scope, expressions, depth + 1));
                        continue;
                    }
                    let own: Vec<&str> = self.work.index.codings.keys().copied().collect();
                    self.resolver
                        .report
                        .error("TS0424", element.name.span, format!("there is no coding `{name}`"))
                        .suggest(name, Charset::NAMES.iter().chain(&OTHERS).copied().chain(own));
                    continue;
                }
            });
        }
        codings
    }

    pub(super) fn cipher(
        &mut self,
        element: &tree::ChainElement,
        scope: &Scope,
        expressions: &mut Vec<Expr>,
    ) -> Option<Coding> {
        let ([algorithm, key, beside @ ..], ..=4) = (element.arguments.as_slice(), element.arguments.len())
        else {
            self.resolver
                .report
                .error(
                    "TS0425",
                    element.span,
                    "`encrypt` takes an algorithm, a key, an initial vector where the mode has one, and then what is bound",
                )
                .help("for example `encrypt(sm4_cbc_pkcs7, key.file, nul(16))`");
            return None;
        };
        let algorithm = match &algorithm.kind {
            tree::ExprKind::Path(path) if path.single().is_some() => {
                let name = path.text();
                if !function::CIPHERS.contains(&name.as_str()) {
                    self.resolver
                        .report
                        .error("TS0322", path.span, format!("there is no algorithm `{name}` here"))
                        .note(format!("this function takes {}", function::listed(&function::CIPHERS)))
                        .suggest(&name, function::CIPHERS);
                    return None;
                }
                CipherName::Fixed(name.into())
            }
            _ => {
                let expr = self.expression(algorithm, scope, None);
                function::names_algorithms(self.resolver, &expr, &function::CIPHERS);
                match expr.kind {
                    ExprKind::Load(Load { space: Space::Setting, slot, .. }) => CipherName::Setting(slot),
                    ExprKind::Load(Load { space: Space::Member, slot, .. }) => CipherName::Member(slot),
                    ExprKind::Constant(Constant::Name(symbol)) => {
                        CipherName::Fixed(self.resolver.symbols.text(symbol).into())
                    }
                    _ => {
                        // What is dropped here would leave plain what is to be a secret.
                        if matches!(expr.ty, Type::Names(_)) {
                            self.resolver
                                .report
                                .error(
                                    "TS0322",
                                    expr.span,
                                    "an algorithm is a name, or a setting `one_of` names",
                                )
                                .help(
                                    "write the name as it stands, or a setting of the party or of its member",
                                );
                        }
                        return None;
                    }
                }
            }
        };
        let key = self.expression(key, scope, None);
        let key_at = u32::try_from(expressions.len()).unwrap_or(u32::MAX);
        expressions.push(key);
        if let (Some(_), CipherName::Fixed(name)) = (beside.get(1), &algorithm)
            && !function::binds(name)
        {
            self.resolver
                .report
                .error("TS0425", element.span, format!("`{name}` binds no associated data"))
                .help("`aes_gcm` and `sm4_gcm` do");
        }
        for beside in beside {
            let beside = self.expression(beside, scope, None);
            expressions.push(beside);
        }
        let iv = beside.first().map(|_| key_at + 1);
        let associated = beside.get(1).map(|_| key_at + 2);
        Some(Coding::Encrypt(Cipher { algorithm, key: key_at, iv, associated }))
    }

    pub(super) fn coded(&mut self, attributes: &[tree::Attribute], scope: &Scope) -> Chain {
        for attribute in attributes {
            if let AttributeKind::Coded(coded) = &attribute.kind {
                return self.chain(coded, scope);
            }
        }
        Chain::default()
    }

    pub(super) fn password(
        &mut self,
        format: &Format,
        attributes: &[tree::Attribute],
        scope: &Scope,
    ) -> Format {
        for attribute in attributes {
            if let (Format::Zip { .. }, AttributeKind::Password(password)) = (format, &attribute.kind) {
                let plain = attributes.iter().any(|attribute| {
                    matches!(&attribute.kind, AttributeKind::Tolerate(word) if word.is("missing"))
                });
                return Format::Zip {
                    password: Some(Box::new(self.expression(password, scope, None))),
                    plain,
                };
            }
        }
        format.clone()
    }
}
