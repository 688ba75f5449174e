//! What is to be settled: totals, each with what was written of it.

use crate::binding::Binding;
use crate::write::touched::Touched;
use crate::write::verify::Looked;
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

/// What was written of one total.
pub struct Due {
    pub binding: Rc<Binding>,
    pub touched: Touched,
    /// A campaign that was verified before anything was locked.
    pub looked: Option<Looked>,
}

/// Those that are stored together, one after the other.
pub fn by_rows(work: Vec<(Rc<Binding>, Touched)>, looks: Vec<Option<Looked>>) -> Vec<Vec<Due>> {
    let mut all: Vec<Vec<Due>> = Vec::new();
    for ((binding, touched), looked) in work.into_iter().zip(looks) {
        let shares_rows = |due: &&mut Vec<Due>| due.iter().all(|due| due.binding.shares_rows_with(&binding));
        let beside = all.iter_mut().find(shares_rows);
        let due = Due {
            binding: Rc::clone(&binding),
            touched,
            looked,
        };
        match beside {
            Some(beside) => beside.push(due),
            None => all.push(vec![due]),
        }
    }
    all
}

impl Due {
    /// Whether what was written of both is of the same campaigns, whichever these are.
    pub fn is_of_campaigns_of(&self, other: &Self) -> bool {
        let (one, two) = (&self.touched, &other.touched);
        self.binding.links_as(&other.binding)
            && one.campaigns == two.campaigns
            && have_same_keys(&one.clips, &two.clips)
            && have_same_keys(&one.links, &two.links)
            && have_same_keys(&one.amounts, &two.amounts)
    }
}

fn have_same_keys<K: Eq + Hash, V>(one: &HashMap<K, V>, other: &HashMap<K, V>) -> bool {
    one.len() == other.len() && one.keys().all(|key| other.contains_key(key))
}
