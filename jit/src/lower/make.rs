//! Cells that machine code makes by itself: variables, closures, objects.
//!
//! It takes memory from the buffers of its thread. Where there is none, where somebody looks at births, and where no oid is left, a
//! helper of the runtime makes the cell. Neither is a safepoint, so what is known of objects still holds behind it; the heap
//! asks for a collection by a signal, which the next turn of a loop, or call, sees.

use rps_jit_ir::{Conversion, Label, Memory, Order, Type, Val};
use rps_runtime::code::machine::NewSeen;

use super::state::{Fact, Kind, Number};
use super::{COMPONENTS, FIELDS, FIXED, Lowerer, slot_memory};

/// What only the thread itself writes: its buffers, and the oids of its next objects.
const OWN: Memory = Memory { class: 7, order: Order::Plain };
/// What publishes what was written before.
const PUBLISHED: Memory = Memory { class: 7, order: Order::Ordered };

/// A value of a new object.
#[derive(Clone, Copy)]
enum Given {
    /// By its word.
    Word(Val),
    /// The number of a double, for a slot that holds numbers.
    Real(Val),
}

/// The place of an object that is about to be made: the next of the thread's cradle.
struct Birth {
    cradle: Val,
    /// The number of the oid and of the place.
    number: Val,
}

impl Lowerer<'_> {
    /// Makes a variable that closures share.
    pub(super) fn new_variable(&mut self, word: Val) -> Val {
        let class = self.constant(self.snapshot.variable);
        let slots = self.constant(self.snapshot.empty_slots);
        let fast = |own: &mut Self, slowly: Label| {
            let object = own.layout.object;
            let birth = own.begin_birth(slowly);
            let sizes = [object.component_values as usize + 8, object.end as usize];
            let [components, cell] = own.take_cells(sizes, slowly);
            own.write_header(components, own.layout.headers.components);
            let one = own.f.i32(1);
            own.f.store(components, object.component_len, one, FIELDS);
            own.f.store(components, object.component_capacity, one, FIELDS);
            own.f.store(components, object.component_values, word, COMPONENTS);
            let components = own.f.convert(Conversion::Bits, components, Type::I64);
            own.write_object(cell, &birth, class, slots, components)
        };
        self.make_cell(fast, |own| own.allocate("rps_variable", &[word]))
    }

    /// Makes a closure of a function over the values of registers, which are words already.
    pub(super) fn new_closure(&mut self, function: u64, registers: &[usize]) -> Val {
        let facts: Vec<Fact> = registers.iter().map(|&register| self.state.fact(register)).collect();
        let words: Vec<Val> = registers.iter().map(|&register| self.word_at(register)).collect();
        let function = self.constant(function);
        let fast = |own: &mut Self, slowly: Label| {
            let value = own.layout.value;
            let mut deepest = own.f.i64(0);
            for (&word, fact) in words.iter().zip(&facts) {
                if matches!(fact.kind, Kind::Any | Kind::Tuple | Kind::Closure) {
                    deepest = own.deeper(deepest, word);
                }
            }
            let [cell] = own.take_cells([value.closure_values as usize + 8 * words.len()], slowly);
            let headers = own.layout.headers;
            let (level, flat) = (own.f.i64(headers.level as i64), own.f.i64(headers.closure as i64));
            let above = own.f.add(flat, level);
            let depth = own.f.multiply(deepest, level);
            let header = own.f.add(above, depth);
            let (nil, none) = (own.f.i64(own.layout.nil as i64), own.f.i64(0));
            let count = own.f.i64(words.len() as i64);
            own.f.store(cell, 0, header, FIXED);
            own.f.store(cell, value.closure_function, function, FIXED);
            own.f.store(cell, value.closure_meta, nil, FIXED);
            own.f.store(cell, value.closure_rank, none, FIXED);
            own.f.store(cell, value.closure_len, count, FIXED);
            for (number, &word) in words.iter().enumerate() {
                own.f.store(cell, value.closure_values + 8 * number as i32, word, FIXED);
            }
            own.f.convert(Conversion::Bits, cell, Type::I64)
        };
        self.make_cell(fast, |own| {
            own.write_row(&words);
            let count = own.f.i64(words.len() as i64);
            own.allocate("rps_closure", &[function, count])
        })
    }

    /// Returns the value of a register as a slot of a new object takes it.
    fn given(&mut self, register: usize, slot: usize, seen: &NewSeen) -> Given {
        let fact = self.state.fact(register);
        let is_number = seen.numbers >> slot & 1 == 1;
        if is_number && fact.number == Some(Number::Real) {
            return Given::Real(self.known_number(register));
        }
        Given::Word(self.word_at(register))
    }

    /// Makes an object of the values of registers, in the order of its slots; `place` is the unit and the number of the site.
    /// Returns its word and what is known of it.
    pub(super) fn new_of_class(
        &mut self,
        seen: &NewSeen,
        place: (u64, u16),
        registers: &[usize],
    ) -> (Val, Fact) {
        let mut values = Vec::with_capacity(registers.len());
        for (slot, &register) in registers.iter().enumerate() {
            values.push(self.given(register, slot, seen));
        }
        let made = self.new_plain(seen, place, &values);
        // Where it has numbers, other values have given it another one.
        let shape = Some(seen.shape).filter(|_| seen.numbers == 0);
        (made, Fact { shape, class: Some(seen.class), ..Fact::word(Kind::Object) })
    }

    /// Makes an object of values in the order of its slots; `unit` and `site` tell where.
    fn new_plain(&mut self, seen: &NewSeen, (unit, site): (u64, u16), values: &[Given]) -> Val {
        let (class, shape) = (self.constant(seen.class), self.constant(seen.shape));
        let empty = self.constant(self.snapshot.empty_slots);
        let fast = |own: &mut Self, slowly: Label| {
            let object = own.layout.object;
            let slots: Vec<Val> = values
                .iter()
                .enumerate()
                .map(|(slot, &value)| match value {
                    // Of another value the runtime makes the object have another shape.
                    Given::Word(word) if seen.numbers >> slot & 1 == 1 => own.immediate_or(word, slowly),
                    Given::Word(value) | Given::Real(value) => value,
                })
                .collect();
            let birth = own.begin_birth(slowly);
            let nil = own.f.i64(own.layout.nil as i64);
            if slots.is_empty() {
                let [cell] = own.take_cells([object.end as usize], slowly);
                return own.write_object(cell, &birth, class, empty, nil);
            }
            let sizes = [object.values as usize + 8 * slots.len(), object.end as usize];
            let [array, cell] = own.take_cells(sizes, slowly);
            own.write_header(array, own.layout.headers.slots);
            own.f.store(array, object.shape, shape, FIXED);
            for (slot, value) in slots.into_iter().enumerate() {
                own.f.store(array, object.values + 8 * slot as i32, value, slot_memory(slot as u8));
            }
            let array = own.f.convert(Conversion::Bits, array, Type::I64);
            own.write_object(cell, &birth, class, array, nil)
        };
        self.make_cell(fast, |own| {
            let mut row = vec![class; values.len()];
            for (&value, &place) in values.iter().zip(&seen.order) {
                row[usize::from(place)] = match value {
                    Given::Word(word) => word,
                    Given::Real(real) => own.boxed(real),
                };
            }
            own.write_row(&row);
            let unit = own.constant(unit);
            let (site, count) = (own.f.i64(site.into()), own.f.i64(values.len() as i64));
            own.allocate("rps_object", &[class, shape, unit, site, count])
        })
    }

    /// Makes a cell by `fast`, which goes on at a label where that cannot be, or else by `slow`. Code that runs rarely, or that is
    /// to be there soon, has only the call.
    fn make_cell(
        &mut self,
        fast: impl FnOnce(&mut Self, Label) -> Val,
        slow: impl FnOnce(&mut Self) -> Val,
    ) -> Val {
        if self.is_soon() || self.is_at_exits {
            return slow(self);
        }
        let (made, slowly, end) = (self.f.local(Type::I64), self.f.label(), self.f.label());
        let word = fast(self, slowly);
        self.f.set(made, word);
        self.f.jump(end);
        self.f.place(slowly);
        let word = slow(self);
        self.f.set(made, word);
        self.f.jump(end);
        self.f.place(end);
        self.f.get(made)
    }

    /// Calls a helper that makes something, at which no other code runs.
    fn allocate(&mut self, helper: &str, arguments: &[Val]) -> Val {
        // Nobody looks at the frames there.
        let mut all = vec![self.frames];
        all.extend(arguments);
        self.helper(helper, &all)
    }

    /// Takes memory for cells of so many bytes; goes on elsewhere, with nothing taken, where there is none for all of them.
    fn take_cells<const N: usize>(&mut self, sizes: [usize; N], slowly: Label) -> [Val; N] {
        let buffers = self.thread_word(self.layout.context_buffers);
        let taken = sizes.map(|bytes| {
            let room = self.layout.room(bytes);
            debug_assert!(
                bytes > self.layout.value.double as usize + 8,
                "`rps_box` moves that cursor unseen"
            );
            let cell = match room {
                Some(room) => {
                    let cell = self.f.load(Type::Ptr, buffers, room.cursor, OWN);
                    let end = self.f.load(Type::I64, buffers, room.end, OWN);
                    let none = self.f.i64(0);
                    let next = self.f.offset(cell, none, 1, room.bytes);
                    let behind = self.f.convert(Conversion::Bits, next, Type::I64);
                    let fits = self.f.less_equal_unsigned(behind, end);
                    self.or_else(fits, slowly);
                    return (cell, Some((room, next)));
                }
                None => buffers,
            };
            // A cell as large as that has memory of its own, which the runtime finds.
            let never = self.f.bool(false);
            self.or_else(never, slowly);
            (cell, None)
        });
        taken.map(|(cell, moved)| {
            if let Some((room, next)) = moved {
                self.f.store(buffers, room.cursor, next, OWN);
            }
            cell
        })
    }

    /// Finds the place of the next object; goes on elsewhere where there is none, and where somebody looks at births.
    fn begin_birth(&mut self, slowly: Label) -> Birth {
        let watchers = self.thread_word(self.layout.context_watchers);
        let watchers = self.f.load(Type::I32, watchers, 0, FIELDS);
        let nobody = self.f.i32(0);
        let is_unwatched = self.f.equal(watchers, nobody);
        self.or_else(is_unwatched, slowly);
        let cradle = self.thread_word(self.layout.context_cradle);
        let left = self.f.load(Type::I64, cradle, self.layout.cradle.left, OWN);
        let (none, one) = (self.f.i64(0), self.f.i64(1));
        let is_some = self.f.not_equal(left, none);
        self.or_else(is_some, slowly);
        let number = self.f.subtract(left, one);
        Birth { cradle, number }
    }

    fn write_header(&mut self, cell: Val, header: u64) {
        let header = self.f.i64(header as i64);
        self.f.store(cell, 0, header, FIXED);
    }

    /// Writes an object, notes that it is there, and returns its word.
    fn write_object(&mut self, cell: Val, birth: &Birth, class: Val, slots: Val, components: Val) -> Val {
        let (object, cradle) = (self.layout.object, self.layout.cradle);
        self.write_header(cell, self.layout.headers.object);
        let oid = self.f.offset(birth.cradle, birth.number, 16, cradle.oids);
        for half in [0, 8] {
            let word = self.f.load(Type::I64, oid, half, OWN);
            self.f.store(cell, object.oid + half, word, FIELDS);
        }
        let (nil, none) = (self.f.i64(self.layout.nil as i64), self.f.i64(0));
        let fields = [
            (object.class, class),
            (object.space, nil),
            (object.mtime, none),
            (object.slots, slots),
            (object.components, components),
            (object.payload, nil),
            (object.extras, nil),
        ];
        for (offset, word) in fields {
            self.f.store(cell, offset, word, FIELDS);
        }
        let place = self.f.offset(birth.cradle, birth.number, 8, cradle.places);
        self.f.store(place, 0, cell, OWN);
        // Whoever sees this sees all of the object.
        self.f.store(birth.cradle, cradle.left, birth.number, PUBLISHED);
        self.f.convert(Conversion::Bits, cell, Type::I64)
    }

    /// Returns how deep a value nests, or another one if that nests deeper.
    fn deeper(&mut self, deepest: Val, word: Val) -> Val {
        let depth = self.f.local(Type::I64);
        let (cell, next) = (self.f.label(), self.f.label());
        let none = self.f.i64(0);
        self.f.set(depth, none);
        let is_cell = self.is_cell(word);
        self.f.branch(is_cell, cell, next, rps_jit_ir::Expect::Unknown);
        self.f.place(cell);
        let own = self.depth_of(word);
        let own = self.f.convert(Conversion::Widen, own, Type::I64);
        self.f.set(depth, own);
        self.f.jump(next);
        self.f.place(next);
        let own = self.f.get(depth);
        let is_deeper = self.f.less_unsigned(deepest, own);
        self.f.select(is_deeper, own, deepest)
    }

    /// Makes sure that a value is not nested deep.
    pub(super) fn check_shallow(&mut self, register: u16) {
        let word = self.word(register);
        let is_cell = self.is_cell(word);
        let (cell, next) = (self.f.label(), self.f.label());
        self.f.branch(is_cell, cell, next, rps_jit_ir::Expect::Unknown);
        self.f.place(cell);
        let depth = self.depth_of(word);
        let limit = self.f.constant(Type::I16, 100);
        let is_shallow = self.f.less_unsigned(depth, limit);
        self.test(is_shallow, "deep value");
        self.f.jump(next);
        self.f.place(next);
    }

    /// Returns whether a word is the address of a cell.
    pub(super) fn is_cell(&mut self, word: Val) -> Val {
        let (seven, none) = (self.f.i64(7), self.f.i64(0));
        let low = self.f.and(word, seven);
        let is_address = self.f.equal(low, none);
        let is_some = self.f.not_equal(word, none);
        self.f.and(is_address, is_some)
    }

    fn depth_of(&mut self, word: Val) -> Val {
        let address = self.f.convert(Conversion::Bits, word, Type::Ptr);
        self.f.load(Type::I16, address, self.layout.header_depth, FIXED)
    }
}
