//! Nodes on several machines whose end nobody is told of: which calls that costs their proof after a take-over.
//!
//! In: a deployment, and what its adapters promise. Out: a warning. Nobody is refused for it: nothing is wrong then, but people have
//! more to decide. It must not know how an end is seen.

use super::check::{DeploymentFault, fault};
use super::{Deployment, StorePlace};
use dsl::program::Compiled;

/// A warning where nodes may stand on several machines and no fence is named.
#[must_use]
pub fn unfenced(deployment: &Deployment, compiled: &Compiled) -> Option<DeploymentFault> {
    let StorePlace::Postgres(postgres) = &deployment.store.place else { return None };
    // A socket is reached from one machine alone.
    let mut addresses = std::iter::once(&postgres.address).chain(&postgres.standbys);
    if postgres.fence.is_some() || addresses.all(|address| address.value.starts_with('/')) {
        return None;
    }
    let mut parks = Vec::new();
    for module in compiled.modules.iter().filter(|module| deployment.parties.contains_key(&*module.name)) {
        // A reversal's own quiet time is that of what it takes back.
        let timed = module.calls.iter().filter(|call| call.call.promises.quiet_ms.is_some_and(|ms| ms > 0));
        parks.extend(timed.map(|call| format!("{}.{}", module.name, call.call.name)));
    }
    if parks.is_empty() {
        return None;
    }
    let text = format!(
        "warning: `store.postgres` has no `fence`: the end of a node on another machine is never known. After it was taken over, \
         \"not found\" and \"nothing to reverse\" prove nothing of what it may still send, and what only they could end waits for \
         people. Write `fence: process` where all nodes run on one machine, or `fence: {{ script: PATH }}`, a command that ends \
         with 0 once the node is certainly ended. It concerns: {}",
        parks.join(", ")
    );
    Some(fault(postgres.address.referenced, "TS0819", text))
}
