#include "bound.h"
#include <stdlib.h>
#include <string.h>

uint8_t *buffer_reserve(Buffer *buffer, size_t count) {
    if (buffer->capacity - buffer->count < count) {
        size_t capacity = buffer->capacity ? buffer->capacity : 4096;
        while (capacity - buffer->count < count) capacity *= 2;
        buffer->bytes = realloc(buffer->bytes, capacity);
        if (!buffer->bytes) die("out of memory");
        buffer->capacity = capacity;
    }
    return buffer->bytes + buffer->count;
}

void buffer_append(Buffer *buffer, const void *bytes, size_t count) {
    memcpy(buffer_reserve(buffer, count), bytes, count);
    buffer->count += count;
}

void buffer_varint(Buffer *buffer, uint64_t value) {
    uint8_t *at = buffer_reserve(buffer, 10);
    while (value >= 0x80) {
        *at++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *at++ = (uint8_t)value;
    buffer->count = (size_t)(at - buffer->bytes);
}
