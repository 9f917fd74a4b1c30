//! The end of a campaign of kills, in fair weather: what was begun ends, and everybody who asked hears how.
//!
//! In: postings with what was told of them. Out: each with its last answer, and the flows that wait for people.

use super::operator::Operator;
use crate::torture::client::{Asker, Heard, Posting, Said};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How long what was begun is waited for, a quarter of an hour of the day: every quiet time passes. A party that is enquired about
/// an order for hours takes longer: whether that ends is for the simulated day to say, where time costs nothing.
const SETTLES: Duration = Duration::from_secs(90);
/// Asks at once.
const AT_ONCE: usize = 64;

/// Every posting with its last answer; those that are pending are asked about until they end, wait for people, or for long
/// enough. With them the flows that wait for people in the end.
pub(super) async fn settle(
    asker: &Asker,
    operator: &Operator,
    postings: Vec<Posting>,
) -> (Vec<(Posting, Heard)>, BTreeSet<String>) {
    let until = Instant::now() + SETTLES;
    let mut judged: Vec<(Posting, Heard)> = postings.into_iter().map(|posting| (posting, None)).collect();
    let mut open: Vec<usize> = (0..judged.len()).collect();
    loop {
        let mut still = Vec::new();
        for places in open.chunks(AT_ONCE) {
            let mut asked = JoinSet::new();
            for (place, posting) in
                places.iter().filter_map(|place| Some((*place, judged.get(*place)?.0.clone())))
            {
                let asker = asker.clone();
                asked.spawn(async move { (place, last(&asker, &posting).await) });
            }
            while let Some(heard) = asked.join_next().await {
                let Ok((place, heard)) = heard else { continue };
                if heard.as_ref().is_none_or(|(said, _)| *said == Said::Pending) {
                    still.push(place);
                }
                if let Some((_, last)) = judged.get_mut(place) {
                    *last = heard;
                }
            }
        }
        let waits = if still.is_empty() { BTreeSet::new() } else { operator.waits().await };
        let goes_on = |place: &usize| !judged.get(*place).is_some_and(|(_, heard)| is_among(heard, &waits));
        if !still.iter().any(goes_on) || Instant::now() > until {
            return (judged, operator.waits().await);
        }
        open = still;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// What is said of it now. Who asks again hears what was told first, and waits for it; so what is pending is only enquired
/// about. Of what was to be taken back an enquiry alone says how it stands.
async fn last(asker: &Asker, posting: &Posting) -> Heard {
    let stands = asker.enquire(&posting.service, &posting.body).await;
    if posting.cancelled.is_some() || matches!(stands, Some((Said::Pending, _))) {
        return stands;
    }
    asker.ask(&posting.service, &posting.body).await
}

/// Whether what was heard is of one of these flows.
fn is_among(heard: &Heard, flows: &BTreeSet<String>) -> bool {
    flow_of(heard).is_some_and(|flow| flows.contains(flow))
}

/// The flow of what was told as pending.
pub(super) fn flow_of(heard: &Heard) -> Option<&str> {
    heard.as_ref().and_then(|(_, flow)| flow.as_str())
}
