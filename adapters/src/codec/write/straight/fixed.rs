//! Values of widths: nothing stands around them.

use dsl::program::WireForm;

use super::Around;

pub(super) struct Fixed;

impl<'p> Around<'p> for Fixed {
    fn before(&mut self, _: &WireForm, _: &mut Vec<u8>) -> Option<()> {
        Some(())
    }

    fn behind(&mut self, _: &WireForm, _: usize, _: usize, _: &mut Vec<u8>) -> Option<()> {
        Some(())
    }

    fn left_out(&mut self, _: &mut Vec<u8>) -> Option<()> {
        Some(())
    }

    fn end(&mut self, _: &mut Vec<u8>) -> Option<()> {
        Some(())
    }
}
