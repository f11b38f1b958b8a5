//! The order in which stages run.

use std::collections::BTreeSet;

/// Sorts `0..needs.len()` so that everything comes after what it needs; among those that could come next, the
/// lowest number comes first.
///
/// # Errors
/// A cycle: each entry needs the one before it, and the first needs the last.
pub(super) fn order(needs: &[BTreeSet<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut waiting: Vec<usize> = needs.iter().map(BTreeSet::len).collect();
    let mut needed_by = vec![Vec::new(); needs.len()];
    for (node, needed) in needs.iter().enumerate() {
        for &other in needed {
            needed_by[other].push(node);
        }
    }
    let mut ready: BTreeSet<usize> = (0..needs.len()).filter(|&node| waiting[node] == 0).collect();
    let mut sorted = Vec::with_capacity(needs.len());
    while let Some(node) = ready.pop_first() {
        sorted.push(node);
        for &next in &needed_by[node] {
            waiting[next] -= 1;
            if waiting[next] == 0 {
                ready.insert(next);
            }
        }
    }
    if sorted.len() == needs.len() { Ok(sorted) } else { Err(cycle(needs, &waiting)) }
}

/// Walks from need to need among the nodes that never became ready, until it meets itself.
fn cycle(needs: &[BTreeSet<usize>], waiting: &[usize]) -> Vec<usize> {
    let blocked = |node: &usize| waiting[*node] > 0;
    let mut walk: Vec<usize> = (0..needs.len()).find(blocked).into_iter().collect();
    while let Some(&node) = walk.last() {
        let Some(&next) = needs[node].iter().find(|other| blocked(other)) else { break };
        if let Some(start) = walk.iter().position(|&seen| seen == next) {
            walk.drain(..start);
            break;
        }
        walk.push(next);
    }
    walk.reverse();
    // The walk may have entered the cycle anywhere; the first in the file leads.
    let first = walk.iter().enumerate().min_by_key(|(_, node)| **node).map_or(0, |(at, _)| at);
    walk.rotate_left(first);
    walk
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn needs(count: usize, edges: &[(usize, usize)]) -> Vec<BTreeSet<usize>> {
        let mut needs = vec![BTreeSet::new(); count];
        for &(node, needed) in edges {
            needs[node].insert(needed);
        }
        needs
    }

    #[test]
    fn ties_keep_the_order_of_the_file() {
        assert_eq!(order(&needs(4, &[(0, 3)])), Ok(vec![1, 2, 3, 0]));
        assert_eq!(order(&needs(3, &[])), Ok(vec![0, 1, 2]));
        assert_eq!(order(&[]), Ok(vec![]));
    }

    #[test]
    fn a_cycle_is_named_in_the_order_of_its_needs() {
        assert_eq!(order(&needs(4, &[(1, 2), (2, 3), (3, 1), (0, 1)])), Err(vec![1, 3, 2]));
        assert_eq!(order(&needs(1, &[(0, 0)])), Err(vec![0]));
    }

    proptest! {
        #[test]
        fn needs_come_first_in_every_acyclic_graph(
            count in 1_usize..20,
            edges in prop::collection::vec((0_usize..20, 0_usize..20), 0..60),
            names in Just((0..20).collect::<Vec<usize>>()).prop_shuffle(),
        ) {
            // An edge from a later to an earlier place of a random order can close no cycle.
            let places: Vec<usize> = names.into_iter().filter(|&name| name < count).collect();
            let edges: Vec<_> = edges
                .into_iter()
                .filter(|(a, b)| *a < count && *b < count && a != b)
                .map(|(a, b)| (places[a.max(b)], places[a.min(b)]))
                .collect();
            let graph = needs(count, &edges);
            let sorted = order(&graph).unwrap();
            prop_assert_eq!(sorted.iter().copied().collect::<BTreeSet<_>>(), (0..count).collect());
            for (node, needed) in edges {
                let at = |wanted| sorted.iter().position(|&x| x == wanted);
                prop_assert!(at(needed) < at(node));
            }
        }

        #[test]
        fn every_cycle_is_found_and_is_one(
            count in 1_usize..12,
            edges in prop::collection::vec((0_usize..12, 0_usize..12), 0..40),
            ring in prop::collection::vec(0_usize..12, 1..6),
        ) {
            let mut edges: Vec<_> = edges.into_iter().map(|(a, b)| (a % count, b % count)).collect();
            let ring: Vec<usize> = ring.into_iter().map(|node| node % count).collect();
            edges.extend(ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| (*b, *a)));
            let graph = needs(count, &edges);
            let found = order(&graph).unwrap_err();
            prop_assert!(!found.is_empty());
            prop_assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
            for (earlier, later) in found.iter().zip(found.iter().cycle().skip(1)) {
                prop_assert!(graph[*later].contains(earlier));
            }
        }
    }
}
