//! Values of widths: nothing stands around them.

use dsl::program::{WireForm, WireName};

use super::Around;

pub(super) struct Fixed;

impl<'p> Around<'p> for Fixed {
    fn child(&mut self, _: &'p WireName) -> Option<()> {
        None
    }

    fn before(&mut self, _: &WireForm, _: &mut Vec<u8>) -> Option<()> {
        Some(())
    }

    fn behind(&mut self, _: &WireForm, _: usize, _: usize, _: &mut Vec<u8>) -> Option<()> {
        Some(())
    }

    fn left_out(&mut self, _: &mut Vec<u8>) -> Option<()> {
        Some(())
    }

    fn down(&mut self, _: &mut Vec<u8>) -> Option<()> {
        None
    }

    fn up(&mut self, _: &mut Vec<u8>) -> Option<()> {
        None
    }

    fn list(&mut self, _: &mut Vec<u8>) -> Option<()> {
        None
    }

    fn item(&mut self) -> Option<()> {
        None
    }

    fn end_list(&mut self, _: &mut Vec<u8>) -> Option<()> {
        None
    }

    fn end(&mut self, _: &mut Vec<u8>) -> Option<()> {
        Some(())
    }
}
