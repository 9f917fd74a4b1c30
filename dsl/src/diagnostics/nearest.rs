//! The nearest right word to a wrong one.

/// The longest word that is compared; longer ones have no neighbours.
const LETTERS_MAX: usize = 40;

/// The word of the list that is nearest to what was written, if it is near: at most a third of its letters differ.
/// Of two equally near ones the first.
pub fn nearest<'a>(written: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (written.chars().count() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for word in words {
        let away = distance(written, word);
        if away <= allowed && best.is_none_or(|(least, _)| away < least) {
            best = Some((away, word));
        }
    }
    best.map(|(_, word)| word)
}

/// Letters to put in, take out, change or swap with their neighbour; case does not count.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().flat_map(char::to_lowercase).collect();
    let right: Vec<char> = right.chars().flat_map(char::to_lowercase).collect();
    if left.len().max(right.len()) > LETTERS_MAX {
        return usize::MAX;
    }
    let mut before_last = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, &a) in left.iter().enumerate() {
        let mut current = vec![row + 1; right.len() + 1];
        for (column, &b) in right.iter().enumerate() {
            let changed = last[column] + usize::from(a != b);
            let mut least = changed.min(last[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && a == right[column - 1] && left[row - 1] == b {
                least = least.min(before_last[column - 1] + 1);
            }
            current[column + 1] = least;
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_found_and_a_stranger_is_not() {
        let words = ["payer_no", "optional", "packet"];
        assert_eq!(nearest("payerno", words), Some("payer_no"));
        assert_eq!(nearest("opitonal", words), Some("optional"));
        assert_eq!(nearest("zebra", words), None);
        assert_eq!(nearest(&"p".repeat(4000), words), None);
    }
}
