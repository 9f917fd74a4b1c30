//! Flows that begin when a file of the party is not taken.
//!
//! In: the calls that `on refused …` names. Out: what starts the flow and what it is asked: which file, and what is wrong
//! in it. It must not know how a file is read.

use super::Maker;
use crate::model::{CallId, LinkKind, Shape, ShapeField, Start};
use crate::resolve::shapes;
use crate::tree;
use crate::value::{ShapeId, Type};

/// The longest name of a file.
const NAME: u32 = 255;
/// The longest account of what is wrong; what is longer is cut.
const WHY: u32 = 400;

impl Maker<'_, '_, '_> {
    /// `on refused CALL, …`.
    pub(super) fn refused(&mut self, calls: &[tree::Name]) -> (Start, Option<ShapeId>, Option<ShapeId>) {
        let found = calls.iter().filter_map(|name| self.refused_file(name)).collect();
        let span = calls.first().map(|name| name.span).unwrap_or_default();
        let field = |name: &str, ty: Type| ShapeField {
            name: name.into(),
            ty,
            optional: false,
            label: Box::default(),
            span,
        };
        let fields = vec![
            field("file", Type::Text { chars: NAME, private: None }),
            field("line", Type::Number { min: 0, max: i128::from(u32::MAX) }),
            field("why", Type::Text { chars: WHY, private: None }),
        ];
        let first = calls.first().map_or("", |name| &*name.text);
        let name = format!("{}.refused {first}", self.work.index.name);
        let ask = shapes::declare(self.resolver, Shape { name: name.into(), fields });
        (Start::Refused(found), Some(ask), None)
    }

    /// The call of a file that comes.
    fn refused_file(&mut self, name: &tree::Name) -> Option<CallId> {
        let comes = |call: &&crate::model::Call| {
            let link = self.module.links.get(usize::from(call.link));
            !call.ours && link.is_some_and(|link| matches!(link.kind, LinkKind::Sftp | LinkKind::Folder))
        };
        let place = self.module.calls.iter().position(|call| *call.name == *name.text && comes(&call));
        if place.is_none() {
            let known = self.module.calls.iter().filter(comes).map(|call| call.name.to_string());
            let known: Vec<String> = known.collect();
            self.resolver
                .report
                .error("TS0660", name.span, format!("`{}` is no file that comes", name.text))
                .note("`on refused` names files of this party that it puts for us, each a `serve` over a link of files")
                .suggest(&name.text, known.iter().map(String::as_str));
        }
        place.and_then(|place| u16::try_from(place).ok()).map(CallId)
    }
}
