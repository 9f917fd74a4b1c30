//! Samples whose own names carry data: packets that are read whole, under a name that tells who sent what.
//!
//! In: a sample's file in the party's folder, named as on the wire. Out: what it says, taken or compared value by value, since
//! another packer packs otherwise.

use super::{Runner, same};
use crate::fields::Named;
use crate::scene::{Parts, Scene, read_file};
use adapters::codec::take_out;
use adapters::value::Record;
use dsl::model::MessageId;
use dsl::program::Part;
use dsl::tree::Wire;
use dsl::value::Outcome;
use std::sync::Arc;

impl Runner<'_> {
    /// The name of a sample, where names of its message carry data.
    pub(super) fn named<'w>(&self, wire: &'w Wire, message: MessageId) -> Option<&'w str> {
        let form = self.adapter.module.program.messages.get(usize::from(message.0))?;
        let (from, to) = form.file.as_deref()?.name_read;
        match wire {
            Wire::File(path) if to > from => path.text.rsplit('/').next(),
            _ => None,
        }
    }

    /// Reads a packet and hands it on.
    pub(super) fn take_named(
        &self,
        scene: &mut Scene,
        message: MessageId,
        (name, octets): (&str, &[u8]),
    ) -> Result<Option<Outcome>, String> {
        let mut record = self.unpacked(scene, message, (name, octets))?;
        let module = self.adapter.module.clone();
        let form = module.program.messages.get(usize::from(message.0)).ok_or("no such message")?;
        take_out(&module.program, form, &mut record, scene)
            .map_err(|fault| format!("it cannot be handed on: {fault:?}"))?;
        scene.request = Some(Arc::new(record));
        Ok(None)
    }

    /// A packet that was written says what the sample says, under the same name.
    pub(super) fn packet_is(
        &self,
        what: &str,
        scene: &mut Scene,
        message: MessageId,
        (name, octets): (&str, &[u8]),
        written: &Parts,
    ) -> Result<(), String> {
        let expected = self.unpacked(scene, message, (name, octets))?;
        let written = self.unpacked(scene, message, (name, written.get(Part::Content)))?;
        let module = self.adapter.module.clone();
        let form = module.program.messages.get(usize::from(message.0)).ok_or("no such message")?;
        let named = Named { program: &module.program, message: form, symbols: &self.adapter.symbols };
        same(what, &named.tree(&expected), &named.tree(&written))
    }

    fn unpacked(
        &self,
        scene: &mut Scene,
        message: MessageId,
        (name, octets): (&str, &[u8]),
    ) -> Result<Record, String> {
        let (read, _) = read_file(scene, message, name, (octets, None))
            .ok_or_else(|| format!("{name} is no name of this message"))?;
        match read.fault {
            None => Ok(read.record),
            Some((_, report)) => Err(format!("{name}: {report}")),
        }
    }
}
