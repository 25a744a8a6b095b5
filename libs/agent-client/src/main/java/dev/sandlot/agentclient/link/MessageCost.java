package dev.sandlot.agentclient.link;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.IOException;

/// What a message will take in memory, computed from its bytes before it is decoded: two bytes can
/// be an object of a hundred.
final class MessageCost {
  private static final int MESSAGE_BYTES = 160;
  private static final int TEXT_BYTES = 64;
  private static final int NUMBER_BYTES = 24;
  private static final int UNKNOWN_BYTES = 160;
  private static final int DEPTH_MAX = 32;

  private MessageCost() {}

  /// @throws InvalidProtocolBufferException when it is no message at all
  static long of(Descriptor type, byte[] message) throws IOException {
    return read(type, CodedInputStream.newInstance(message), 0);
  }

  private static long read(Descriptor type, CodedInputStream in, int depth) throws IOException {
    if (depth > DEPTH_MAX) {
      throw new InvalidProtocolBufferException("the message nests too deep");
    }
    long bytes = MESSAGE_BYTES;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      FieldDescriptor field = type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
      if (field == null) {
        bytes += UNKNOWN_BYTES + (long) before(in, tag);
      } else if (WireFormat.getTagWireType(tag) != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
        bytes += NUMBER_BYTES;
        in.skipField(tag);
      } else if (field.getJavaType() == JavaType.MESSAGE) {
        int limit = in.pushLimit(in.readRawVarint32());
        bytes += read(field.getMessageType(), in, depth + 1);
        in.popLimit(limit);
      } else {
        int length = in.readRawVarint32();
        in.skipRawBytes(length);
        boolean text = field.getJavaType() == JavaType.STRING;
        bytes += TEXT_BYTES + (long) length * (text ? 3 : field.isPacked() ? 8 : 1);
      }
    }
    return bytes;
  }

  /// Skips a field; how long it was.
  private static int before(CodedInputStream in, int tag) throws IOException {
    int begin = in.getTotalBytesRead();
    in.skipField(tag);
    return in.getTotalBytesRead() - begin;
  }
}
