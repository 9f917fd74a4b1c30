//! That every path ends: which state leads to which, and whether one comes again.
//!
//! In: the states by their numbers, in order, each with those it leads to. Out: a circle, if there is one. It must not know worlds.

/// Which state leads to which.
#[derive(Default)]
pub(super) struct Onward {
    /// Where the states that one leads to begin.
    begins: Vec<usize>,
    to: Vec<u32>,
}

/// How far a state has been looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Looked {
    Not,
    /// It is on the path that is being gone.
    Under,
    Through,
}

impl Onward {
    /// What follows is led to from the next state.
    pub(super) fn from(&mut self) {
        self.begins.push(self.to.len());
    }

    pub(super) fn leads(&mut self, to: u32) {
        self.to.push(to);
    }

    /// States of which each leads to the next, and the last to the first.
    pub(super) fn circle(&self) -> Option<Vec<u32>> {
        let mut looked = vec![Looked::Not; self.begins.len()];
        // Each state of the path, and where it is looked on from.
        let mut path: Vec<(u32, usize)> = Vec::new();
        self.enter(0, &mut looked, &mut path);
        while let Some((state, next)) = path.last_mut() {
            let end = self.begins.get(*state as usize + 1).copied().unwrap_or(self.to.len());
            let to = self.to.get(*next).copied().filter(|_| *next < end);
            *next += 1;
            let Some(to) = to else {
                if let Some(place) = looked.get_mut(*state as usize) {
                    *place = Looked::Through;
                }
                path.pop();
                continue;
            };
            match looked.get(to as usize) {
                Some(Looked::Not) => self.enter(to, &mut looked, &mut path),
                Some(Looked::Under) => {
                    return Some(
                        path.iter().map(|(state, _)| *state).skip_while(|state| *state != to).collect(),
                    );
                }
                Some(Looked::Through) | None => {}
            }
        }
        None
    }

    fn enter(&self, state: u32, looked: &mut [Looked], path: &mut Vec<(u32, usize)>) {
        if let (Some(place), Some(begin)) = (looked.get_mut(state as usize), self.begins.get(state as usize))
        {
            *place = Looked::Under;
            path.push((state, *begin));
        }
    }
}
