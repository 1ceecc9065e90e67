//! Stores of standard objects: the same bytes for the same count.

use std::path::Path;
use std::sync::Arc;

use rps_persist::Store;
use rps_persist::refpersys;
use rps_persist::vfs::{RealVfs, Vfs};
use rps_runtime::object::Payload;
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime, Value, known};

/// The attributes of standard objects.
pub(crate) const TEXT: &str = "_1sxEncP5Yyn02wQ3vZ";
pub(crate) const NUMBER: &str = "_3kfLQb9Ujdp01rTz6Y";
pub(crate) const LINK: &str = "_5vRm2WxHsKa03bNqJ8";

/// What the objects of every store are drawn from.
const SEED: u64 = 20_261_120;

/// Writes a store of so many standard objects into a directory, in our format or in RefPerSys's.
pub(crate) fn generate(count: usize, dir: &Path, dialect: bool) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = Runtime::new();
    runtime.set_clock(Some(158_806_384_150));
    runtime.enter(|m| {
        let _suspended = m.suspend_collections();
        fill(m, count);
    });
    let vfs: Arc<dyn Vfs> = Arc::new(RealVfs);
    if dialect {
        refpersys::export(&*vfs, &runtime, dir, false)?;
    } else {
        Store::create(&vfs, dir)?.dump(&runtime)?;
    }
    Ok(())
}

/// Returns the oids of so many standard objects, in the order in which they are made.
pub(crate) fn standard_oids(count: usize) -> Vec<Oid> {
    let mut random = Random::new(SEED);
    (0..count).map(|_| random.oid()).collect()
}

/// Returns the number that a standard object is made with.
pub(crate) fn standard_number(index: usize) -> i64 {
    index as i64 * 37 - 1000
}

fn fill(m: &Mutator<'_>, count: usize) {
    let space = m.object_or_skeleton(known::INITIAL_SPACE);
    space.set_class_unchecked(Some(m.class(known::SPACE)));
    space.install_payload(m, Some(Payload::Space));
    for object in m.all_objects().iter().filter_map(|value| value.as_object()) {
        object.set_space(m, Some(space));
    }
    let [text, number, link] = [(TEXT, "text"), (NUMBER, "number"), (LINK, "link")].map(|(oid, name)| {
        let key = m.object_or_skeleton(Oid::known(oid));
        key.set_class_unchecked(Some(m.class(known::NAMED_ATTRIBUTE)));
        key.set_space(m, Some(space));
        // The names are free in a fresh runtime.
        let _ = m.install_symbol(key, name, Value::NIL, false);
        m.add_root(key);
        key
    });
    let class = m.class(known::OBJECT);
    let mut random = Random::new(SEED);
    let objects: Vec<ObjectRef> = (0..count).map(|_| m.object_or_skeleton(random.oid())).collect();
    let mut keys = [text, number, link];
    keys.sort();
    for (index, &object) in objects.iter().enumerate() {
        let mut other = || Value::from(objects[random.below(count)]);
        object.set_class_unchecked(Some(class));
        object.set_space_unchecked(m, Some(space));
        object.set_mtime(158_806_384_150 + index as i64 % 1_000_000);
        let mut attributes = [
            (text, m.string(&format!("the text of object {index}"))),
            (number, Value::int(m, standard_number(index))),
            (link, other()),
        ];
        attributes.sort_by_key(|(key, _)| *key);
        object.set_attributes(m, &attributes);
        let components =
            [Value::int(m, index as i64), m.string(&format!("component {index}")), other(), other()];
        object.set_components(m, &components);
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
pub(crate) struct Random(u64);

impl Random {
    /// Returns the generator that always gives the same for the same number.
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// Returns a number less than `count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    fn oid(&mut self) -> Oid {
        loop {
            // RefPerSys's own generator stays below 2^32 in the low word.
            if let Some(oid) = Oid::from_words(self.next() >> 1, self.next() >> 32) {
                return oid;
            }
        }
    }
}
