"""What is asked of the server that speaks MongoDB's protocol while make-stores.sh records."""

import platform

platform.release = lambda: "6.1"  # no name of this machine

import pymongo


def refused(ask, *given):
    try:
        ask(*given)
    except pymongo.errors.PyMongoError as error:  # that is what it is for
        print(error)


client = pymongo.MongoClient("10.69.0.1", serverSelectionTimeoutMS=4000, appname="papers")
orders = client.shop.orders
orders.insert_one({"_id": 1, "name": "apple", "price": 1.5})
orders.insert_many([{"_id": i, "name": "pear, green", "tags": ["ripe"] * i} for i in range(2, 6)])
orders.create_index("name", unique=False)
print(list(orders.find({"_id": {"$gt": 1}}, {"name": 1}, batch_size=2).sort("_id")))
print(orders.update_many({"name": "apple"}, {"$set": {"price": 2}}).modified_count)
print(orders.find_one_and_update({"_id": 2}, {"$inc": {"price": 1}}))
print(list(orders.aggregate([{"$match": {"name": "apple"}}, {"$project": {"price": 1}}])))
print(orders.count_documents({}), orders.distinct("name"))
print(orders.delete_many({"_id": {"$gte": 4}}).deleted_count)
refused(orders.insert_one, {"_id": 1})
refused(client.shop.command, "noSuchCommand")
print(client.list_database_names())
orders.drop()
client.close()
