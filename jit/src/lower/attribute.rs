//! Attributes, global names, captured values.

use rps_jit_ir::{Conversion, Expect, Label, Type, Val};
use rps_runtime::code::machine::{Assumption, Seen, SlotSeen};

use super::state::Kind;
use super::{CONSTANT, FIELDS, FIXED, Lowerer, slot_memory};

impl Lowerer<'_> {
    pub(super) fn load_global(&mut self, to: u16, site: u16) {
        let (symbol, value) = self.unit().globals[usize::from(site)];
        let Some(value) = value else { return self.leave_unseen() };
        self.check_valid();
        self.assume(Assumption::Global { symbol, value: value.word });
        self.set_constant(to, value.word, value.kind);
    }

    /// Notes what the code is made for.
    pub(super) fn assume(&mut self, assumption: Assumption) {
        if !self.assumptions.contains(&assumption) {
            self.assumptions.push(assumption);
        }
    }

    pub(super) fn load_captured(&mut self, to: u16, captured: u16) {
        if self.load_unmade_captured(to, captured) {
            return;
        }
        let closure = self.word(0);
        let closure = self.f.convert(Conversion::Bits, closure, Type::Ptr);
        let offset = self.layout.value.closure_values + 8 * i32::from(captured);
        let word = self.f.load(Type::I64, closure, offset, FIXED);
        self.set_seen(to, word);
    }

    /// Returns the slot array of an object and its shape.
    fn slots(&mut self, object: Val) -> (Val, Val) {
        let slots = self.f.load(Type::Ptr, object, self.layout.object.slots, FIELDS);
        let shape = self.f.load(Type::I64, slots, self.layout.object.shape, FIXED);
        (slots, shape)
    }

    /// Returns the slot array of an object that is known, or tested, to have a shape.
    fn slots_of_shape(&mut self, register: u16, object: Val, shape: u64) -> Val {
        if self.fact(register).shape == Some(shape) {
            return self.f.load(Type::Ptr, object, self.layout.object.slots, FIELDS);
        }
        let (slots, own) = self.slots(object);
        let wanted = self.constant(shape);
        let is_it = self.f.equal(own, wanted);
        self.test(is_it, "shape");
        if self.state.is_alone {
            self.learn(register, |fact| fact.shape = Some(shape));
        }
        slots
    }

    pub(super) fn get_attribute(&mut self, to: u16, object: u16, site: u16) {
        let seen = &self.unit().attributes[usize::from(site)];
        if let Some(field) = self.unmade_attribute(object, &seen.shapes) {
            return self.copy_at(self.register(to), field);
        }
        if self.unit().exits[self.at] >= 6 {
            return self.get_slowly(to, object, site);
        }
        if !seen.shapes.is_empty() && !self.is_generic() {
            self.object(object);
            self.check_alone();
        }
        let known = self.fact(object).shape.filter(|_| self.state.is_alone);
        let shapes: Vec<(u64, SlotSeen)> = match known {
            Some(shape) if seen.shapes.iter().any(|(own, _)| *own == shape) => {
                seen.shapes.iter().filter(|(own, _)| *own == shape).copied().collect()
            }
            _ => seen.shapes.clone(),
        };
        match shapes[..] {
            [] if self.is_soon() => self.get_slowly(to, object, site),
            [] => self.leave_unseen(),
            [(shape, slot)] if !self.has_failed() || known.is_some() => {
                let address = self.object(object);
                let slots = self.slots_of_shape(object, address, shape);
                self.load_slot(to, slots, slot);
            }
            _ => {
                let address = self.object(object);
                let (slots, own) = self.slots(address);
                let (local, end) = (self.f.local(Type::I64), self.f.label());
                for &(shape, slot) in &shapes {
                    let next = self.shape_case(own, shape);
                    let word = self.slot_word(slots, slot);
                    self.f.set(local, word);
                    self.f.jump(end);
                    self.f.place(next);
                }
                // Others come as well, it seems: the runtime reads, and learns.
                let word = self.read_slowly(object, site);
                self.f.set(local, word);
                self.f.jump(end);
                self.f.place(end);
                let word = self.f.get(local);
                self.state.forget();
                self.set_seen(to, word);
            }
        }
    }

    /// Goes on here if an object has a shape, and otherwise at the label that it returns.
    fn shape_case(&mut self, own: Val, shape: u64) -> Label {
        let wanted = self.constant(shape);
        let is_it = self.f.equal(own, wanted);
        let (yes, next) = (self.f.label(), self.f.label());
        self.f.branch(is_it, yes, next, Expect::Unknown);
        self.f.place(yes);
        next
    }

    fn read_slot(&mut self, ty: Type, slots: Val, slot: u8) -> Val {
        let offset = self.layout.object.values + 8 * i32::from(slot);
        self.f.load(ty, slots, offset, slot_memory(slot))
    }

    fn write_slot(&mut self, slots: Val, slot: u8, value: Val) {
        let offset = self.layout.object.values + 8 * i32::from(slot);
        self.f.store(slots, offset, value, slot_memory(slot));
    }

    fn slot_word(&mut self, slots: Val, slot: SlotSeen) -> Val {
        match slot {
            SlotSeen::Value(slot) => self.read_slot(Type::I64, slots, slot),
            SlotSeen::Number(slot) => {
                let real = self.read_slot(Type::F64, slots, slot);
                self.boxed(real)
            }
            SlotSeen::Absent => self.f.i64(self.layout.nil as i64),
        }
    }

    fn load_slot(&mut self, to: u16, slots: Val, slot: SlotSeen) {
        match slot {
            SlotSeen::Value(slot) => {
                let word = self.read_slot(Type::I64, slots, slot);
                self.set_seen(to, word);
            }
            SlotSeen::Number(slot) => {
                let real = self.read_slot(Type::F64, slots, slot);
                self.set_number(to, real);
            }
            SlotSeen::Absent => self.set_constant(to, self.layout.nil, Seen::NIL),
        }
    }

    fn get_slowly(&mut self, to: u16, object: u16, site: u16) {
        let word = self.read_slowly(object, site);
        self.state.forget();
        self.set_seen(to, word);
    }

    fn read_slowly(&mut self, object: u16, site: u16) -> Val {
        let object = self.word(object);
        let above = self.note_frames(self.context, self.at);
        let unit = self.constant(self.unit().address);
        let site = self.f.i64(site.into());
        let word = self.helper("rps_get_attribute", &[above, unit, site, object]);
        self.test_done(word);
        word
    }

    fn write_slowly(&mut self, object: u16, site: u16, word: Val) {
        let object = self.word(object);
        let above = self.note_frames(self.context, self.at);
        let unit = self.constant(self.unit().address);
        let site = self.f.i64(site.into());
        let done = self.helper("rps_put_attribute", &[above, unit, site, object, word]);
        self.test_done(done);
    }

    pub(super) fn put_attribute(&mut self, object: u16, site: u16, value: u16) {
        let seen = &self.unit().attributes[usize::from(site)];
        if let Some(field) = self.unmade_attribute_to_store(object, &seen.shapes, value) {
            return self.copy_at(field, self.register(value));
        }
        let known = self.fact(object).shape;
        let is_there = |(_, slot): &&(u64, SlotSeen)| *slot != SlotSeen::Absent;
        let slots: Vec<(u64, SlotSeen)> = seen.shapes.iter().filter(is_there).copied().collect();
        let found = slots.iter().find(|(shape, _)| known == Some(*shape)).copied();
        let found = found.or(slots.first().filter(|_| slots.len() == 1).copied());
        let is_generic = self.unit().exits[self.at] >= 6;
        match found {
            None if slots.len() > 1 && !is_generic => {
                let word = self.word(value);
                let address = self.object(object);
                self.check_alone();
                self.check_transient(address);
                let (array, own) = self.slots(address);
                let end = self.f.label();
                for &(shape, slot) in &slots {
                    let next = self.shape_case(own, shape);
                    match slot {
                        SlotSeen::Value(slot) => self.write_slot(array, slot, word),
                        SlotSeen::Number(slot) => {
                            // Of another value the runtime makes the object have another shape.
                            let real = self.immediate_or(word, next);
                            self.write_slot(array, slot, real);
                        }
                        SlotSeen::Absent => {}
                    }
                    self.f.jump(end);
                    self.f.place(next);
                }
                self.write_slowly(object, site, word);
                self.f.jump(end);
                self.f.place(end);
                self.state.forget();
            }
            Some((shape, SlotSeen::Value(slot))) if !is_generic => {
                // What is stored must be a word before anything else happens.
                let word = self.word(value);
                let slots = self.slots_to_write(object, shape);
                self.write_slot(slots, slot, word);
            }
            Some((shape, SlotSeen::Number(slot))) if !is_generic && self.is_double(value) => {
                let real = self.real(value);
                let slots = self.slots_to_write(object, shape);
                self.write_slot(slots, slot, real);
            }
            None if !is_generic && !self.is_soon() => self.leave_unseen(),
            _ => {
                let word = self.word(value);
                self.write_slowly(object, site, word);
                self.state.forget();
            }
        }
    }

    /// Returns whether a register is a double, as far as is known.
    fn is_double(&self, register: u16) -> bool {
        let fact = self.fact(register);
        fact.kind == Kind::Double || fact.kind == Kind::Any && fact.expected == Seen::DOUBLE
    }

    /// Makes sure that an object of a shape can be changed here, and returns its slot array.
    fn slots_to_write(&mut self, object: u16, shape: u64) -> Val {
        let address = self.object(object);
        self.check_alone();
        self.check_transient(address);
        self.slots_of_shape(object, address, shape)
    }

    /// Makes sure that no other thread is in the heap.
    pub(super) fn check_alone(&mut self) {
        if self.state.is_alone {
            return;
        }
        let alone = self.thread_word(self.layout.context_alone);
        let alone = self.f.load(Type::I8, alone, 0, FIELDS);
        let none = self.f.constant(Type::I8, 0);
        let is_alone = self.f.not_equal(alone, none);
        self.test(is_alone, "other threads");
        self.state.is_alone = true;
    }

    /// Makes sure that no space keeps an object.
    pub(super) fn check_transient(&mut self, object: Val) {
        let space = self.f.load(Type::I64, object, self.layout.object.space, FIELDS);
        let nil = self.f.i64(self.layout.nil as i64);
        let is_transient = self.f.equal(space, nil);
        self.test(is_transient, "object of a space");
    }

    /// Makes sure that the object in a register is of a class.
    pub(super) fn check_class(&mut self, register: u16, class: u64) {
        if self.fact(register).class == Some(class) || self.unmade_class(register) == Some(class) {
            return;
        }
        let address = self.object(register);
        let own = self.f.load(Type::I64, address, self.layout.object.class, FIELDS);
        let wanted = self.constant(class);
        let is_it = self.f.equal(own, wanted);
        self.test(is_it, "class");
        self.learn(register, |fact| fact.class = Some(class));
    }

    pub(super) fn new_object(&mut self, count: u8, first: u16, site: u16) {
        let Some(seen) = self.unit().made[usize::from(site)].clone() else {
            if self.is_generic() || self.is_soon() {
                self.step(self.unit().instructions[self.at]);
            } else {
                self.leave_unseen();
            }
            return;
        };
        if seen.order.len() != usize::from(count) {
            return self.step(self.unit().instructions[self.at]);
        }
        self.check_valid();
        self.assume(Assumption::Plain { class: seen.class });
        if seen.numbers != 0 {
            self.assume(Assumption::Newest { shape: seen.shape });
        }
        if self.fact(first).constant != Some(seen.class) {
            let word = self.word(first);
            let wanted = self.constant(seen.class);
            let is_it = self.f.equal(word, wanted);
            self.test(is_it, "class");
        }
        if self.begin_object(first, count, site, &seen) {
            return;
        }
        let place = |&value: &u8| self.register(first + 1 + u16::from(value));
        let registers: Vec<usize> = seen.order.iter().map(place).collect();
        let (made, fact) = self.new_of_class(&seen, (self.unit().address, site), &registers);
        self.set(first, made, fact);
    }

    /// Reads the tag of an object's payload, and its address; leaves where it has none.
    pub(super) fn payload(&mut self, object: Val) -> Val {
        let payload = self.f.load(Type::I64, object, self.layout.object.payload, FIELDS);
        let is_cell = self.is_cell(payload);
        self.test(is_cell, "payload");
        self.f.convert(Conversion::Bits, payload, Type::Ptr)
    }

    /// Reads something that is never written again.
    pub(super) fn fixed(&mut self, ty: Type, base: Val, offset: i32) -> Val {
        self.f.load(ty, base, offset, CONSTANT)
    }
}
