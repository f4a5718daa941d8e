/**
 * Source `mqtt`: messages of one or more topic filters. Source: behaviour spec, io §14.1.
 *
 * A message with QoS 1 or 2 is acknowledged when the rules have committed it.
 */
import { prop, type PropSchema } from '@kuiper/base';
import { type ConnectionDeclaration, type ConnectionStatus, defineSource, type SourceDeclaration } from '@kuiper/sdk';
import { connectorErrors } from '../errors.ts';
import type { MqttConnection } from './mqtt-connection.ts';
import { MqttInbox } from './mqtt-inbox.ts';
import { checkMqttConnection, mqttClientProps } from './mqtt-properties.ts';

const props = {
  ...mqttClientProps,
  qos: prop.int({
    default: 0,
    label: { en: 'QoS', zh: 'QoS' },
    about: { en: 'Quality of service of the subscription.', zh: '订阅的服务质量。' },
  }),
  eofMessage: prop.string({
    default: '',
    advanced: true,
    label: { en: 'End message', zh: '结束消息' },
    about: { en: 'Base64 of the payload that ends the stream.', zh: '表示流结束的消息内容的 Base64。' },
  }),
};

export function mqttSource(connection: ConnectionDeclaration<PropSchema, MqttConnection>): SourceDeclaration {
  return defineSource({
    type: 'mqtt',
    about: { en: 'Subscribes to topics of an MQTT broker.', zh: '订阅 MQTT 服务器的主题。' },
    emits: 'bytes',
    backpressure: 'pause',
    dataSource: {
      about: { en: 'Topic filter, or several parted by commas', zh: '主题过滤器，多个用逗号分隔' },
      required: true,
      example: 'devices/+/telemetry',
    },
    props,
    check(p, topics) {
      if (topics === '') throw connectorErrors.TOPIC_REQUIRED();
      checkMqttConnection(p);
      if (!isBase64(p.eofMessage)) throw connectorErrors.MQTT_EOF_MESSAGE();
    },
    subscriptionId: (_p, topics) => topics,
    open(context, p, topics) {
      let status: ConnectionStatus = 'connecting';
      let subscribed = false;
      const lease = context.connections.acquire(connection, p, (now, message) => {
        status = now;
        // connected, to a source, means that messages come
        if (now !== 'connected') {
          subscribed = false;
          context.status(now, message);
        } else if (subscribed) context.status(now);
      });
      const inbox = new MqttInbox(
        {
          now: () => context.clock.now(),
          ingest: (batch) => context.ingest(batch),
          dropped: (error) => context.fail(error),
          ended: () => context.end(),
        },
        lease.connection.level === 5,
        p.eofMessage === '' ? null : Buffer.from(p.eofMessage, 'base64'),
      );
      const subscription = lease.connection.subscribe({
        filters: topics.split(','),
        qos: p.qos === 2 ? 2 : p.qos === 1 ? 1 : 0,
        inbox,
        onSubscribed() {
          subscribed = true;
          if (status === 'connected') context.status('connected');
        },
        onRefused: (error) => context.abort(error),
      });
      return {
        committed: (position) => subscription.committed(position),
        close() {
          subscription.close();
          return lease.release();
        },
      };
    },
  });
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
