// Frames and outcomes: protocol/framing.md, protocol/values.md.
#include "bound.h"
#include <string.h>

bool frame_read(const uint8_t *bytes, size_t count, Frame *frame) {
    if (count < headerSize) return false;
    memcpy(&frame->length, bytes, 4);
    if (count - headerSize < frame->length) return false;
    frame->type = bytes[4];
    frame->flags = bytes[5];
    memcpy(&frame->stream, bytes + 6, 2);
    memcpy(&frame->request, bytes + 8, 4);
    frame->body = bytes + headerSize;
    return true;
}

size_t frame_begin(Buffer *output, uint8_t type, uint16_t stream, uint32_t request) {
    size_t began = output->count;
    uint8_t *header = buffer_reserve(output, headerSize);
    header[4] = type;
    header[5] = 0;
    memcpy(header + 6, &stream, 2);
    memcpy(header + 8, &request, 4);
    output->count += headerSize;
    return began;
}

void frame_end(Buffer *output, size_t began) {
    uint32_t length = (uint32_t)(output->count - began - headerSize);
    memcpy(output->bytes + began, &length, 4);
}

uint64_t varint_read(const uint8_t **at) {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
        uint8_t byte = *(*at)++;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) return value;
    }
}

void outcome_append(Buffer *output, int64_t changes, int64_t rowid, uint64_t lsn) {
    uint8_t start[2] = {changes > 0 ? 2 : 0, 0};
    buffer_append(output, start, 2);
    buffer_varint(output, (uint64_t)changes);
    buffer_varint(output, ((uint64_t)rowid << 1) ^ (uint64_t)(rowid >> 63));
    buffer_varint(output, lsn);
}
